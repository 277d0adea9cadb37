// Starts runs, once each. GitHub begins a second run when it is asked a second time, so the intent is committed first
// (`sending`, under a claim that is checked in that very commit), then one POST goes out. A clear answer is told at once.
// After any other, and after a crash, the run is looked for (look.ts) before anything is sent again.
import { Unavailable } from '../apply/apply-request.ts'
import { GitHubFailure } from '../github/failure.ts'
import { holdWords } from '../pipeline/holds/holds.ts'
import type { DispatchTold } from '../pipeline/model/events.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import { millisecondsAfter } from '../pipeline/model/time.ts'
import { backedOff, type Claimed, claimWrite, type Performer, TRIES } from './claim-effects.ts'
import { wordsOf } from './failure-message.ts'
import { keepSilent } from './rate-limit.ts'
import { lookOnce } from './recheck-dispatch.ts'
import { tellRun, tellRuns } from './recover-dispatch.ts'
import { dispatchTold, type Outcome, tell, tellAnyway } from './report-outcome.ts'
import { FIRST_LOOK_AFTER_MS, SEND_WITHIN_MS } from './timings.ts'

type Answer = { readonly told: DispatchTold; readonly outcome: Outcome }

/** Answers of GitHub's that the database was not there to take, by the token of their claim. */
export type Untold = Map<string, { readonly claimed: Claimed<'dispatch'>; readonly answer: Answer }>

const MOST_AT_ONCE = 10
/** A shorter wait for a slot is not worth a word. */
const WORTH_TELLING_MS = 10_000

/** Sends what is due, as far as the budgets allow; resolves to how many got on. */
export async function dispatch(o: Performer, untold: Untold, stopping?: AbortSignal): Promise<number> {
  const inHand = [...untold.values()].map(({ claimed, answer }) =>
    settled(o, claimed, tellAnswer(o, claimed, answer, untold)),
  )
  while (!stopping?.aborted && inHand.length < MOST_AT_ONCE) {
    const next = await claimWrite(o, 'dispatch', 'creation')
    if (next === null) break
    const { claimed, deniedUntil } = next
    inHand.push(
      settled(o, claimed, deniedUntil === null ? send(o, claimed, untold) : tellDenied(o, claimed, deniedUntil)),
    )
  }
  return (await Promise.all(inHand)).filter((gotOn) => gotOn).length
}

/** A dispatch that fails in an unforeseen way harms no other; its claim ends by itself, and then its run is looked for. */
async function settled(
  o: Performer,
  { repository, effect }: Claimed<'dispatch'>,
  work: Promise<void>,
): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    o.log.error(
      { repository: repository.fullName, effect: effect.key, err: error },
      'a dispatch was left in the middle',
    )
    return false
  }
}

async function send(o: Performer, claimed: Claimed<'dispatch'>, untold: Untold): Promise<void> {
  if (claimed.attempt > TRIES) return await refuse(o, claimed, `GitHub did not start it in ${TRIES} tries`)
  const sendBy = millisecondsAfter(o.now(), SEND_WITHIN_MS)
  // The commit that says `sending` is the one that checks the claim and the cords. Between it and the POST there is only
  // a look at whether somebody gave the attempt up or held it meanwhile: whoever does so later finds it sent.
  const isOurs = await tell(o, claimed, dispatchTold(o, claimed, { state: 'sending' }), { state: 'sending' })
  if (!isOurs) return
  const { isWanted, hold } = await lookOnce(o.database, claimed)
  if (!isWanted) return await refuse(o, claimed, 'it was given up before it was sent')
  if (hold !== null) return await handBack(o, claimed, hold)
  await tellAnswer(o, claimed, await post(o, claimed, sendBy), untold)
}

/** Nothing was sent: the same attempt is due again, and waits there until the cord is let go. */
async function handBack(o: Performer, claimed: Claimed<'dispatch'>, hold: Hold): Promise<void> {
  const words = holdWords(hold)
  const told = dispatchTold(o, claimed, { state: 'waiting', until: null, words })
  await tell(o, claimed, told, { state: 'due', error: words, uncounted: true })
}

async function post(o: Performer, claimed: Claimed<'dispatch'>, sendBy: string): Promise<Answer> {
  const { effect, where, repository } = claimed
  const { workflow, issueNumber, attemptKey } = effect
  const ref = repository.defaultBranch ?? effect.ref
  // Never the issue's text: a workflow that wants it reads it for itself.
  const inputs = { issue: String(issueNumber), andon: attemptKey }
  try {
    const run = await o.github.dispatch(where, { workflow, ref, inputs, sendBy })
    if (run !== null) return { told: { state: 'confirmed', ...run }, outcome: { state: 'done' } }
    return unconfirmed(o, 'GitHub accepted it and did not say which run it began')
  } catch (failure) {
    if (!(failure instanceof GitHubFailure)) throw failure
    return await answerTo(o, claimed, failure)
  }
}

async function answerTo(o: Performer, claimed: Claimed<'dispatch'>, failure: GitHubFailure): Promise<Answer> {
  const reason = wordsOf(failure)
  switch (failure.kind) {
    case 'wait': {
      const until = await keepSilent(o.database, claimed.where.installationId, failure, o.now)
      const told = { state: 'waiting', until, words: 'GitHub asks for patience: a rate limit is reached' } as const
      return { told, outcome: { state: 'due', dueAt: until, error: reason, uncounted: true } }
    }
    case 'retry': {
      const until = backedOff(claimed.attempt, o.now())
      const told = { state: 'waiting', until, words: `GitHub could not be asked: ${reason}` } as const
      return { told, outcome: { state: 'due', dueAt: until, error: reason } }
    }
    case 'unconfirmed':
      return unconfirmed(o, `GitHub did not say whether it started: ${reason}`)
    case 'gone':
    case 'refuse':
      return refusal(`GitHub refused to start ${claimed.effect.workflow}: ${reason}`)
  }
}

function unconfirmed(o: Performer, why: string): Answer {
  const dueAt = millisecondsAfter(o.now(), FIRST_LOOK_AFTER_MS)
  const told = { state: 'unconfirmed', words: `${why}; its run is looked for` } as const
  return { told, outcome: { state: 'unconfirmed', dueAt, error: why } }
}

function refusal(words: string): Answer {
  return { told: { state: 'refused', words }, outcome: { state: 'refused', error: words } }
}

async function refuse(o: Performer, claimed: Claimed<'dispatch'>, words: string): Promise<void> {
  const { told, outcome } = refusal(words)
  await tell(o, claimed, dispatchTold(o, claimed, told), outcome)
}

async function tellDenied(o: Performer, claimed: Claimed<'dispatch'>, until: string): Promise<void> {
  if (until <= millisecondsAfter(o.now(), WORTH_TELLING_MS)) return
  const words = 'what GitHub lets Andon write at present is spent'
  await tellAnyway(o, dispatchTold(o, claimed, { state: 'waiting', until, words }))
}

/** Tells GitHub's answer; with the database away it is kept, and told in a later step. */
async function tellAnswer(o: Performer, claimed: Claimed<'dispatch'>, answer: Answer, untold: Untold): Promise<void> {
  const { told, outcome } = answer
  const event = dispatchTold(o, claimed, told)
  try {
    const isTaken = await tell(o, claimed, event, outcome)
    untold.delete(claimed.token)
    if (!isTaken) await tellLate(o, claimed, told)
  } catch (error) {
    if (error instanceof Unavailable) untold.set(claimed.token, { claimed, answer })
    else untold.delete(claimed.token)
    throw error
  }
  const { repository, effect, attempt } = claimed
  o.log.info({ repository: repository.fullName, effect: effect.key, attempt, ...told }, 'dispatch')
}

/** We were frozen for longer than our claim, and others went on. What GitHub began is there all the same. */
async function tellLate(o: Performer, claimed: Claimed<'dispatch'>, told: DispatchTold): Promise<void> {
  if (told.state === 'confirmed') {
    await tellAnyway(o, dispatchTold(o, claimed, told))
    await tellRun(o, claimed, told.runId)
  }
  if (told.state === 'unconfirmed') await tellRuns(o, claimed)
}
