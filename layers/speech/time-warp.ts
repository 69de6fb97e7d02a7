/** Steps of the warping path, as `dtw_cpu` of whisper/timing.py numbers them. */
const diagonal = 0;
const nextRow = 1;
const nextColumn = 2;

/**
 * Dynamic time warping as `dtw` and `backtrace` of whisper/timing.py: the cheapest path through `cost` from the first row and
 * column to the last that never goes back. Ties are broken as there. Memory: two columns of costs and a byte per cell.
 *
 * @param cost `[rows, columns]`, row-major
 * @returns for every row, the first column in which the path is on it; never decreasing
 */
export function timeWarp(cost: Float32Array, rows: number, columns: number): Int32Array {
  const path = new Uint8Array(rows * columns);
  let previous = new Float32Array(rows + 1).fill(Infinity);
  let current = new Float32Array(rows + 1);
  previous[0] = 0;
  for (let column = 0; column < columns; column++) {
    current[0] = Infinity;
    for (let row = 0; row < rows; row++) {
      const fromDiagonal = previous[row]!;
      const fromRow = current[row]!;
      const fromColumn = previous[row + 1]!;
      let least = fromColumn;
      let step = nextColumn;
      if (fromDiagonal < fromRow && fromDiagonal < fromColumn) {
        least = fromDiagonal;
        step = diagonal;
      } else if (fromRow < fromDiagonal && fromRow < fromColumn) {
        least = fromRow;
        step = nextRow;
      }
      current[row + 1] = cost[row * columns + column]! + least;
      path[row * columns + column] = step;
    }
    [previous, current] = [current, previous];
  }
  return firstColumns(path, rows, columns);
}

function firstColumns(path: Uint8Array, rows: number, columns: number): Int32Array {
  const first = new Int32Array(rows);
  let row = rows - 1;
  let column = columns - 1;
  while (row >= 0 && column >= 0) {
    first[row] = column;
    // In the first column only rows are left to go, and in the first row only columns.
    const step = column === 0 ? nextRow : row === 0 ? nextColumn : path[row * columns + column]!;
    if (step !== nextColumn) row--;
    if (step !== nextRow) column--;
  }
  return first;
}
