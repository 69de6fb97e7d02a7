import { apiHeaders } from "../../app/index.ts";
import type { Reply } from "./reply.ts";

export const withSecurityHeaders = (reply: Reply): Reply => ({
  ...reply,
  headers: { ...apiHeaders, ...reply.headers },
});
