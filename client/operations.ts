import {
  createdSchema,
  jobListSchema,
  jobSchema,
  partAddressSchema,
  partsSchema,
  transcriptSchema,
  uploadSchema,
} from "./schemas.ts";

/** Every request that the client makes, as the API describes it; a test compares the two. */
export const operations = {
  upload: { method: "POST", path: "/v1/uploads", reply: uploadSchema },
  parts: { method: "GET", path: "/v1/uploads/{jobId}/parts", reply: partsSchema },
  partAddress: { method: "GET", path: "/v1/uploads/{jobId}/parts/{partNumber}", reply: partAddressSchema },
  complete: { method: "POST", path: "/v1/uploads/{jobId}/complete", reply: jobSchema },
  create: { method: "POST", path: "/v1/jobs", reply: createdSchema },
  jobs: { method: "GET", path: "/v1/jobs", reply: jobListSchema },
  job: { method: "GET", path: "/v1/jobs/{jobId}", reply: jobSchema },
  cancel: { method: "POST", path: "/v1/jobs/{jobId}/cancel", reply: jobSchema },
  retry: { method: "POST", path: "/v1/jobs/{jobId}/retry", reply: jobSchema },
  delete: { method: "DELETE", path: "/v1/jobs/{jobId}", reply: undefined },
  transcript: { method: "GET", path: "/v1/jobs/{jobId}/{file}", reply: transcriptSchema },
} as const;
