import { useQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api';

export type Job = Schemas['Job'];
export type Run = Schemas['JobRun'];

// While something is under way, it is looked at often.
const often = 2000;
const seldom = 30_000;

// A run without an end that began this long ago was ended with its process.
const longest = 6 * 3600 * 1000;

export const runs = (run: Run | undefined) => run?.outcome === 'unfinished' && Date.now() - Date.parse(run.startedAt) < longest;
const busy = ({ last, request }: Job) => runs(last) || request?.outcome === 'waiting' || request?.outcome === 'running';

export const useJobs = () =>
  useQuery({
    queryKey: ['system', 'jobs'],
    queryFn: ({ signal }) => ask(api.GET('/jobs', { signal })),
    refetchInterval: ({ state }) => (state.data?.items.some(busy) ? often : seldom),
  });
