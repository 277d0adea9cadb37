// Looks for runs of which nobody knows whether they began. A run says its attempt key in its title, if its workflow
// echoes it. Only when two looks, two minutes apart, have found none, and the workflow is seen to echo the key, is the
// same key sent again; where the key is not echoed nothing can be known, and a person must look.

import { GitHubFailure } from '../github/failure.ts'
import { echoesKey } from '../github/run-name.ts'
import type { JobReading, RunReading } from '../github/workflow-runs.ts'
import { millisecondsAfter } from '../pipeline/model/time.ts'
import { type Claimed, claimEffects, type Performer, settle } from './claim-effects.ts'
import { wordsOf } from './failure-message.ts'
import { keepSilent } from './rate-limit.ts'
import { dispatchTold, tell, tellAnyway } from './report-outcome.ts'
import { runFact } from './run-fact.ts'
import { CLOCKS_DIFFER_MS, FIRST_LOOK_AFTER_MS, LOOK_AGAIN_AFTER_MS } from './timings.ts'

type Dispatch = Claimed<'dispatch'>

const MOST_AT_ONCE = 10
const LOOK_EVERY_MS = 30_000
const MISSES = 2
const MISSES_APART_MS = 120_000

/** Looks for what was sent without an answer; resolves to how many were looked for. */
export async function lookForRuns(o: Performer): Promise<number> {
  const inHand = await claimEffects(o, 'dispatch', ['sending', 'unconfirmed'], MOST_AT_ONCE)
  await Promise.all(inHand.map((claimed) => lookForOne(o, claimed)))
  return inHand.length
}

/** Finds the runs that say the key and tells them all: the oldest is adopted, which makes the others twins. */
export async function tellRuns(o: Performer, claimed: Dispatch): Promise<boolean> {
  const { effect, where, repository, sentAt } = claimed
  const { key, workflow, attemptKey } = effect
  const since = millisecondsAfter(sentAt ?? o.now(), -CLOCKS_DIFFER_MS)
  const found = await o.github.findRuns(where, { workflow, since, key: attemptKey })
  const [oldest] = found
  if (oldest === undefined) return false
  const confirmed = { state: 'confirmed', runId: oldest.id, url: oldest.url } as const
  await tell(o, claimed, dispatchTold(o, claimed, confirmed), { state: 'done' })
  for (const run of found) await tellFact(o, claimed, run, [])
  o.log.info({ repository: repository.fullName, effect: key, runs: found.map(({ id }) => id) }, 'its run was found')
  return true
}

/** Tells a run as it stands now. */
export async function tellRun(o: Performer, claimed: Dispatch, runId: number): Promise<void> {
  const read = await o.github.readRun(claimed.where, runId)
  if (read !== null) await tellFact(o, claimed, read.run, read.jobs)
}

async function tellFact(o: Performer, claimed: Dispatch, run: RunReading, jobs: readonly JobReading[]): Promise<void> {
  const { effect, repository } = claimed
  const fact = runFact(run, jobs, { kind: 'read', id: effect.key, at: o.now() })
  const { updatedAt: at, evidence } = fact
  await tellAnyway(o, { type: 'run.changed', at, evidence, repository, run: fact })
}

async function lookForOne(o: Performer, claimed: Dispatch): Promise<void> {
  const fields = { repository: claimed.repository.fullName, effect: claimed.effect.key }
  try {
    if (claimed.state === 'sending') await noteLost(o, claimed)
    else if (!(await isFound(o, claimed))) await noteMiss(o, claimed)
  } catch (error) {
    if (!(error instanceof GitHubFailure)) return o.log.error({ ...fields, err: error }, 'a look ended in the middle')
    o.log.warn({ ...fields, kind: error.kind, reason: error.message }, 'could not look')
    await putOff(o, claimed, error)
  }
}

/** Whoever sent it, or was about to, is not there any more. */
async function noteLost(o: Performer, claimed: Dispatch): Promise<void> {
  const words = 'the process that sent it ended before GitHub had answered; its run is looked for'
  const dueAt = millisecondsAfter(claimed.sentAt ?? o.now(), FIRST_LOOK_AFTER_MS)
  const told = dispatchTold(o, claimed, { state: 'unconfirmed', words })
  await tell(o, claimed, told, { state: 'unconfirmed', dueAt, error: words })
}

async function isFound(o: Performer, claimed: Dispatch): Promise<boolean> {
  try {
    return await tellRuns(o, claimed)
  } catch (error) {
    // No such workflow: then no run of it either, and nothing is sent again before its file has been seen.
    if (error instanceof GitHubFailure && error.kind === 'gone') return false
    throw error
  }
}

async function noteMiss(o: Performer, claimed: Dispatch): Promise<void> {
  const now = o.now()
  const { id, token, looks, lookedAt, effect, where } = claimed
  const missed = lookedAt === null || looks === 0 || millisecondsAfter(lookedAt, MISSES_APART_MS) <= now
  const misses = looks + (missed ? 1 : 0)
  if (misses < MISSES) {
    const again = missed || lookedAt === null ? now : lookedAt
    const dueAt = [millisecondsAfter(now, LOOK_EVERY_MS), millisecondsAfter(again, MISSES_APART_MS)].sort()[0] ?? now
    return await settle(o, { id, token, state: 'unconfirmed', missed, dueAt })
  }
  const workflow = await o.github.readWorkflow(where, effect.workflow)
  if (workflow !== null && echoesKey(workflow)) {
    const words = 'GitHub shows no run of it, so it is sent once more'
    const told = dispatchTold(o, claimed, { state: 'waiting', until: null, words })
    await tell(o, claimed, told, { state: 'due', missed, error: words })
    return
  }
  await leaveToPerson(o, claimed, whyNever(effect.workflow, workflow !== null))
}

function whyNever(workflow: string, isThere: boolean): string {
  const why = isThere
    ? `the run-name of ${workflow} does not say the attempt key`
    : `${workflow} is not on the default branch`
  return `nobody can tell whether GitHub started it, because ${why}; it is not sent again before a person has looked`
}

async function leaveToPerson(o: Performer, claimed: Dispatch, words: string): Promise<void> {
  const told = dispatchTold(o, claimed, { state: 'unconfirmed', words, needsPerson: true })
  await tell(o, claimed, told, { state: 'buried', error: words })
}

async function putOff(o: Performer, claimed: Dispatch, failure: GitHubFailure): Promise<void> {
  const { id, token, where } = claimed
  const put = (dueAt: string) => settle(o, { id, token, state: 'unconfirmed', dueAt, error: failure.message })
  switch (failure.kind) {
    case 'wait':
      return await put(await keepSilent(o.database, where.installationId, failure, o.now))
    case 'refuse':
      return await leaveToPerson(o, claimed, `GitHub does not show the runs of it: ${wordsOf(failure)}`)
    case 'gone':
    case 'retry':
    case 'unconfirmed':
      return await put(millisecondsAfter(o.now(), LOOK_AGAIN_AFTER_MS))
  }
}
