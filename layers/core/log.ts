import { Logger } from "@aws-lambda-powertools/logger";

/** The one logger of the functions: JSON lines on stdout, level by POWERTOOLS_LOG_LEVEL. It never gets bodies or credentials. */
export const log = new Logger({ serviceName: "halfgig" });
