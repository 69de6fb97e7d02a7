import { NewJob } from "../upload/new-job.tsx";
import { JobList } from "./job-list.tsx";

export function FilesView() {
  return (
    <div class="files">
      <NewJob />
      <JobList />
    </div>
  );
}
