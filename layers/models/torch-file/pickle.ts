import { PickleReader } from "./pickle-reader.ts";
import { buildGlobal, type Global, readGlobal, StorageReference } from "./pickle-values.ts";

/** Longest chain of containers that a state dict can be found in is short; this only keeps the stack finite. */
const maxStackItems = 1_000_000;

const mark = Symbol("mark");

/**
 * Reads a pickle (protocols 2 to 5, the opcodes that torch.save writes) and builds nothing but plain values: `Map` for dicts,
 * arrays for lists and tuples, strings, numbers, booleans, null, and the tensors' descriptions. Every callable other than
 * torch's own tensor constructors is refused, so a file cannot run anything.
 * @throws Error with the reason when the bytes are not such a pickle
 */
export function readPickle(bytes: Buffer): unknown {
  const reader = new PickleReader(bytes);
  const memo = new Map<number, unknown>();
  const stack: unknown[] = [];
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) throw new Error("its stack is empty where a value is needed");
    return stack.pop();
  };
  const push = (value: unknown): void => {
    if (stack.length >= maxStackItems) throw new Error("it nests values without end");
    stack.push(value);
  };
  const popToMark = (): unknown[] => {
    const at = stack.lastIndexOf(mark);
    if (at < 0) throw new Error("a mark is missing");
    const items = stack.splice(at);
    items.shift();
    return items;
  };
  const recall = (key: number): void => {
    if (!memo.has(key)) throw new Error(`it recalls value ${key}, which it never stored`);
    push(memo.get(key));
  };
  const top = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark) throw new Error("its stack is empty where a value is needed");
    return stack.at(-1);
  };

  for (;;) {
    const opcode = reader.byte();
    switch (opcode) {
      case 0x80: // PROTO
        if (reader.byte() > 5) throw new Error("its pickle protocol is newer than 5");
        break;
      case 0x95: // FRAME
        reader.length64();
        break;
      case 0x2e: // STOP
        return pop();
      case 0x28: // MARK
        push(mark);
        break;
      case 0x4e: // NONE
        push(null);
        break;
      case 0x88: // NEWTRUE
        push(true);
        break;
      case 0x89: // NEWFALSE
        push(false);
        break;
      case 0x4b: // BININT1
        push(reader.byte());
        break;
      case 0x4d: // BININT2
        push(reader.uint16());
        break;
      case 0x4a: // BININT
        push(reader.int32());
        break;
      case 0x8a: // LONG1
        push(reader.long(reader.byte()));
        break;
      case 0x47: // BINFLOAT
        push(reader.float64());
        break;
      case 0x58: // BINUNICODE
        push(reader.text(reader.uint32()));
        break;
      case 0x8c: // SHORT_BINUNICODE
        push(reader.text(reader.byte()));
        break;
      case 0x8d: // BINUNICODE8
        push(reader.text(reader.length64()));
        break;
      case 0x7d: // EMPTY_DICT
        push(new Map());
        break;
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        push([]);
        break;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: {
        // TUPLE3
        const items = Array.from({ length: opcode - 0x84 }, pop).reverse();
        push(items);
        break;
      }
      case 0x74: // TUPLE
        push(popToMark());
        break;
      case 0x61: {
        // APPEND
        const item = pop();
        listOf(top()).push(item);
        break;
      }
      case 0x65: {
        // APPENDS
        const items = popToMark();
        const list = listOf(top());
        for (const item of items) list.push(item);
        break;
      }
      case 0x73: {
        // SETITEM
        const value = pop();
        const key = pop();
        mapOf(top()).set(key, value);
        break;
      }
      case 0x75: {
        // SETITEMS
        const items = popToMark();
        const map = mapOf(top());
        if (items.length % 2 !== 0) throw new Error("a key has no value");
        for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
        break;
      }
      case 0x71: // BINPUT
        memo.set(reader.byte(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(reader.uint32(), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;
      case 0x68: // BINGET
        recall(reader.byte());
        break;
      case 0x6a: // LONG_BINGET
        recall(reader.uint32());
        break;
      case 0x63: // GLOBAL
        push(readGlobal(reader.line(), reader.line()));
        break;
      case 0x93: {
        // STACK_GLOBAL
        const name = textOf(pop());
        push(readGlobal(textOf(pop()), name));
        break;
      }
      case 0x51: // BINPERSID
        push(StorageReference.fromPersistentId(pop()));
        break;
      case 0x52: {
        // REDUCE
        const args = listOf(pop());
        push(buildGlobal(pop() as Global, args));
        break;
      }
      case 0x62: // BUILD: attributes of a dict (the state dict's _metadata), which hold no weights
        pop();
        mapOf(top());
        break;
      default:
        throw new Error(`it uses the pickle opcode 0x${opcode.toString(16)}, which no saved weights need`);
    }
  }
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new Error("a name is needed where another value is");
  return value;
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("a list is needed where another value is");
  return value;
}

function mapOf(value: unknown): Map<unknown, unknown> {
  if (!(value instanceof Map)) throw new Error("a dict is needed where another value is");
  return value;
}
