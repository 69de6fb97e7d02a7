type Scalar = string | number | boolean;
export type Filter = { [name: string]: unknown };
export type Metadata = Record<string, unknown>;

/** Whether metadata meets a filter as Amazon S3 Vectors and Pinecone have it. What neither knows is an error, as it is there. */
export function meets(metadata: Metadata, filter: Filter): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === "$and") return (condition as Filter[]).every((part) => meets(metadata, part));
    if (name === "$or") return (condition as Filter[]).some((part) => meets(metadata, part));
    if (name.startsWith("$")) throw new TypeError(`unknown operator ${name}`);
    const value = metadata[name] as Scalar | undefined;
    return Object.entries(condition as Record<string, Scalar>).every(([operator, wanted]) =>
      compare(operator, value, wanted),
    );
  });
}

function compare(operator: string, value: Scalar | undefined, wanted: Scalar): boolean {
  if (operator === "$eq") return value === wanted;
  if (operator === "$ne") return value !== wanted;
  if (typeof wanted !== "number") throw new TypeError(`${operator} takes a number`);
  if (typeof value !== "number") return false;
  if (operator === "$gt") return value > wanted;
  if (operator === "$gte") return value >= wanted;
  if (operator === "$lt") return value < wanted;
  if (operator === "$lte") return value <= wanted;
  throw new TypeError(`unknown operator ${operator}`);
}

export function cosineOf(a: readonly number[], b: readonly number[]): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    squaresA += a[i]! ** 2;
    squaresB += b[i]! ** 2;
  }
  return product / Math.sqrt(squaresA * squaresB);
}
