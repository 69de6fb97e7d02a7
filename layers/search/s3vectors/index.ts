export { S3VectorsIndex, type S3VectorsIndexOptions } from "./s3vectors-index.ts";
