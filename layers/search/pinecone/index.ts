export { PineconeIndex, type PineconeIndexOptions } from "./pinecone-index.ts";
