// A report is held against the attempt it speaks of, then kept: one row for every sign of life, and an event through the
// door only when it says something new.
import type { Door } from '../apply/door.ts'
import type { Attempt, Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { upsertBeat } from '../store/beats.ts'
import type { Database } from '../store/database.ts'
import { type Reportable, readReportable } from '../store/reports.ts'
import type { Said } from './report-body.ts'
import type { Book, Reporter, Verdict } from './reports.ts'

/** The book over a database. No report asks GitHub anything. */
export function openBook(o: { database: Database; door: Door; now: () => Instant }): Book {
  const { database, door, now } = o
  return async (reporter, said) => {
    const { repositoryId, runId } = reporter
    const found = await readReportable(database, repositoryId, said.issueNumber)
    const tried = found && attemptOf(found.pipeline, said.attemptKey)
    if (!found || !tried) return 'no such attempt'
    const verdict = judge(found.pipeline, tried, reporter)
    if (verdict !== 'kept') return verdict
    const at = now()
    const { progress = null, text = null, url = null } = tried.attempt.ours?.report ?? {}
    const standing: Said = { ...said, ...stands(said, { progress, text, url }) }
    // The event first: had the beat been kept and the event not, the next report would seem to say nothing new.
    if (standing.progress !== progress || standing.text !== text || standing.url !== url)
      await tell(found, runId, standing, at)
    await upsertBeat(database, { ...standing, repositoryId, runId, at })
    return 'kept'
  }

  async function tell({ repository }: Reportable, runId: number, said: Said, at: Instant): Promise<void> {
    const { attemptKey: key, ...rest } = said
    const evidence = { kind: 'beat', id: key, at } as const
    const { state } = await door.apply({ event: { type: 'reported', at, evidence, repository, key, runId, ...rest } })
    if (state === 'failed') throw new Error(`what ${key} reported could not be applied`)
  }
}

type Tried = { readonly stage: Stage; readonly attempt: Attempt }

function attemptOf(pipeline: Pipeline, key: string): Tried | null {
  for (const stage of pipeline.stages) {
    const attempt = stage.attempts.find((each) => each.key === key)
    if (attempt) return { stage, attempt }
  }
  return null
}

/** May this run speak for this attempt, and is there anything left to say? */
function judge(pipeline: Pipeline, { stage, attempt }: Tried, reporter: Reporter): Verdict {
  const { run, ours } = attempt
  const boundTo = ours?.runId ?? run?.id ?? null
  if (boundTo === null) return ours?.over ? 'over' : 'not bound yet'
  // What we dispatched runs for the first time until GitHub says otherwise.
  const runAttempt = run?.id === boundTo ? run.runAttempt : 1
  if (boundTo !== reporter.runId || runAttempt > reporter.runAttempt) return 'another run'
  // It was run again, which GitHub has not told us yet.
  if (runAttempt < reporter.runAttempt) return 'not bound yet'
  const ended = run?.status === 'completed' || ours?.over != null || pipeline.gone !== null
  return ended || stage.attempts.some((other) => other.ours && other.number > attempt.number) ? 'over' : 'kept'
}

// What is not said leaves standing what was said before.
function stands(said: Said, before: Pick<Said, 'progress' | 'text' | 'url'>): Pick<Said, 'progress' | 'text' | 'url'> {
  return {
    progress: said.progress ?? before.progress,
    text: said.text ?? before.text,
    url: said.url ?? before.url,
  }
}
