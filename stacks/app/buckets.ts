/** The buckets of the app, host-neutral. Lifecycle days count from an object's creation. */
export type BucketSpec = {
  name: BucketName;
  cors?: { methods: ("GET" | "PUT" | "HEAD" | "POST")[]; exposeHeaders: string[]; maxAgeSeconds: number };
  /** Which function gets ObjectCreated events of which prefix. */
  notify?: { prefix: string; function: "mediaUploaded" };
  expire: { prefix: string; days: number }[];
};

export type BucketName = "uploads" | "results";

export const buckets: readonly BucketSpec[] = [
  {
    name: "uploads",
    // A browser that uploads in parts has to read each part's ETag.
    cors: { methods: ["PUT", "POST", "GET", "HEAD"], exposeHeaders: ["ETag"], maxAgeSeconds: 3600 },
    // All of it: what came by an address that was given for it, and what was put into the inbox by hand.
    notify: { prefix: "", function: "mediaUploaded" },
    expire: [
      { prefix: "uploads/", days: 7 },
      { prefix: "inbox/", days: 7 },
    ],
  },
  {
    name: "results",
    cors: { methods: ["GET", "HEAD"], exposeHeaders: ["ETag", "Content-Range"], maxAgeSeconds: 3600 },
    // Steps delete their work objects themselves; this catches what a lost step left.
    expire: [{ prefix: "work/", days: 2 }],
  },
];
