// Checks a report against its attempt, then stores it: one row however many reports there are, and an event through the
// door only if the report says something new.
import type { Door } from '../apply/door.ts'
import type { Attempt, Pipeline, Stage } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { upsertBeat } from '../store/beats.ts'
import type { Database } from '../store/database.ts'
import { loadReportedPipeline, type ReportedPipeline } from '../store/reports.ts'
import { checkLimitedUntil, type ReportBody } from './report-body.ts'
import type { ReportingRun, ReportOutcome, ReportStore } from './reports.ts'

/** The store over a database. No report causes a call to GitHub. */
export function openReportStore(o: { database: Database; door: Door; now: () => Instant }): ReportStore {
  const { database, door, now } = o
  return async (reporter, report) => {
    const { repositoryId, runId } = reporter
    const reported = await loadReportedPipeline(database, repositoryId, report.issueNumber)
    const found = reported && findAttempt(reported.pipeline, report.attemptKey)
    if (!reported || !found) return 'no such attempt'
    const outcome = assessReport(reported.pipeline, found, reporter)
    const at = now()
    const { control } = found.attempt
    const { progress = null, text = null, url = null } = control?.report ?? {}
    const merged: ReportBody = { ...report, ...mergeWithPrevious(report, { progress, text, url }) }
    // GitHub did not know the run, and here it speaks.
    const isBack = outcome === 'attempt closed' && control?.closed?.kind === 'gone' && control.runId === runId
    if (outcome !== 'saved' && !isBack) return outcome
    checkLimitedUntil(report, at)
    if (isBack) {
      await applyReport(reported, runId, merged, at)
      return outcome
    }
    // The event goes first: if only the beat were stored, the next report would seem to say nothing new.
    if (merged.progress !== progress || merged.text !== text || merged.url !== url || report.limitedUntil !== null)
      await applyReport(reported, runId, merged, at)
    const { limitedUntil: _, ...beat } = merged
    await upsertBeat(database, { ...beat, repositoryId, runId, at })
    return 'saved'
  }

  async function applyReport(
    { repository }: ReportedPipeline,
    runId: number,
    report: ReportBody,
    at: Instant,
  ): Promise<void> {
    const { attemptKey: key, limitedUntil, ...reported } = report
    const rest = { ...reported, ...(limitedUntil !== null && { limitedUntil }) }
    const evidence = { kind: 'beat', id: key, at } as const
    const { state } = await door.apply({
      event: { type: 'attempt.reported', at, evidence, repository, key, runId, ...rest },
    })
    if (state === 'failed') throw new Error(`the report of attempt ${key} could not be applied`)
  }
}

type StageAttempt = { readonly stage: Stage; readonly attempt: Attempt }

function findAttempt(pipeline: Pipeline, key: string): StageAttempt | null {
  for (const stage of pipeline.stages) {
    const attempt = stage.attempts.find((each) => each.key === key)
    if (attempt) return { stage, attempt }
  }
  return null
}

/** Does this attempt belong to this run, and is it still open? */
function assessReport(pipeline: Pipeline, { stage, attempt }: StageAttempt, reporter: ReportingRun): ReportOutcome {
  const { run, control } = attempt
  const boundTo = control?.runId ?? run?.id ?? null
  if (boundTo === null) return control?.closed ? 'attempt closed' : 'not bound yet'
  // A run that we dispatched is in its first run attempt until GitHub says otherwise.
  const runAttempt = run?.id === boundTo ? run.runAttempt : 1
  if (boundTo !== reporter.runId || runAttempt > reporter.runAttempt) return 'another run'
  // The run was re-run, but GitHub has not told us yet.
  if (runAttempt < reporter.runAttempt) return 'not bound yet'
  const ended = run?.status === 'completed' || control?.closed != null || pipeline.removed !== null
  return ended || stage.attempts.some((other) => other.control && other.number > attempt.number)
    ? 'attempt closed'
    : 'saved'
}

// A field that the report leaves out keeps its previous value.
function mergeWithPrevious(
  report: ReportBody,
  before: Pick<ReportBody, 'progress' | 'text' | 'url'>,
): Pick<ReportBody, 'progress' | 'text' | 'url'> {
  return {
    progress: report.progress ?? before.progress,
    text: report.text ?? before.text,
    url: report.url ?? before.url,
  }
}
