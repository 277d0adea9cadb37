// Asks GitHub what no webhook says. A question is a read and may be asked more than once; each answer goes through the door
// together with the claim's token, and is applied once.
import type { RepositoryAccess } from '../github/request.ts'
import type { AccessProblem } from '../pipeline/model/access.ts'
import type { AskEffect } from '../pipeline/model/effects.ts'
import { findInstalledRepositoryId } from '../store/repositories.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { ReadReceipt } from '../translate/fields.ts'
import { permissionsFor, recordAccessWorks, recordNoAccess } from './access.ts'
import { isAboutPresence, judgeAnswer } from './ask-again.ts'
import { askGitHub } from './ask-github.ts'
import { type CallOutcome, callOutcomeOf, MAX_OUTAGE_TRIES, MAX_TRIES, retryAt } from './call-outcome.ts'
import { type ClaimedEffect, claimNextRead, type PerformContext, recordEffectOutcome } from './claim-effects.ts'
import { failedEffectOutcome, postponeWithoutAccess } from './failed-effect.ts'
import { splitFullName } from './publish-claim.ts'
import { type EffectOutcome, reportOutcome } from './report-outcome.ts'

/** Asks for the permission of the next command's sender; resolves to how many questions were asked. */
export async function askNextPermission(o: PerformContext): Promise<number> {
  return await askNextQuestion(o, COMMAND_PERMISSION_KEY_PREFIX)
}

const COMMAND_PERMISSION_KEY_PREFIX = 'permission/command/'

/** Asks the next question that is due; resolves to how many were asked. */
export async function askNextQuestion(o: PerformContext, keyPrefix?: string): Promise<number> {
  const claimed = await claimNextRead(o, 'ask', ['due'], keyPrefix)
  if (claimed === null) return 0
  await askQuestion(o, claimed)
  return 1
}

async function askQuestion(o: PerformContext, claimed: ClaimedEffect<'ask'>): Promise<void> {
  const fields = { repository: claimed.repository.fullName, effect: claimed.effect.key, attempt: claimed.tryNumber }
  try {
    if (!isAboutPresence(claimed.effect.question) && (await postponeWithoutAccess(o, claimed))) return
    await fetchAndReportAnswer(o, claimed)
  } catch (error) {
    const outcome = callOutcomeOf(error, { intent: 'read', tryNumber: claimed.tryNumber, now: o.now() })
    o.log.warn({ ...fields, next: outcome.kind, reason: outcome.words }, 'not answered')
    await askLater(o, claimed, outcome)
  }
}

/** Reports what counts of the answer. While there is doubt about the rest, the question stays due. */
async function fetchAndReportAnswer(o: PerformContext, claimed: ClaimedEffect<'ask'>): Promise<void> {
  const { effect, repository, access, misses, id, token } = claimed
  const { question } = effect
  const at = o.now()
  const evidence: ReadReceipt = { kind: 'read', id: effect.key, at }
  const read = await askGitHub(o.github, access, await organisationRepositoryOf(o, access), question, evidence)
  // It was wrong when the question was asked: nothing is concluded from that moment.
  if (o.now() < at) throw new Error('the clock was corrected while GitHub was asked')
  const { credible, againAfterMs } = judgeAnswer(question, read, misses)
  const missing = read.gaps.map(({ words }) => words)
  const fields = { repository: repository.fullName, effect: effect.key, againAfterMs }
  if (missing.length > 0) o.log.warn({ ...fields, missing }, 'answered in part')
  else o.log.info(fields, 'answered')
  const error = againAfterMs === null ? missing.join('; ') : 'asked again, because this may only not be there yet'
  const refused = read.gaps.flatMap((gap) => gap.access ?? [])
  // The App's own questions do not show whether the installation may do anything.
  if (!isAboutPresence(question)) await recordAccessWorks(o, access, permissionsAnswered(effect, refused))
  const retries = await Promise.all(refused.map((problem) => recordNoAccess(o, access, problem)))
  // A part for which a permission is missing is asked for until it is granted.
  const [nextTryAt] = retries.toSorted()
  const dueAt = againAfterMs === null ? nextTryAt : millisecondsAfter(o.now(), againAfterMs)
  const outcome: EffectOutcome =
    dueAt === undefined
      ? { state: 'done', ...(error !== '' && { error }) }
      : { state: 'due', dueAt, missed: againAfterMs !== null, isSnooze: true, error }
  if (credible === null) return await recordEffectOutcome(o, { id, token, ...outcome })
  const event = { type: 'question.answered', at, evidence, repository, question, answer: credible } as const
  await reportOutcome(o, claimed, event, outcome)
}

/** What the question needs, and the parts of the answer that were not refused. */
function permissionsAnswered(effect: AskEffect, refused: readonly AccessProblem[]): readonly string[] {
  const parts = effect.question.about === 'issue' ? ['issues=read', 'pull_requests=read'] : []
  return [...permissionsFor(effect, false), ...parts].filter((permission) => {
    return refused.every((problem) => problem.permission !== permission)
  })
}

/** The owner's `.github` repository; our token may read it if Andon is installed there or it is public. */
async function organisationRepositoryOf(
  { database }: PerformContext,
  access: RepositoryAccess,
): Promise<RepositoryAccess | null> {
  if (access.name === ORGANISATION_REPOSITORY) return null
  const fullName = `${access.owner}/${ORGANISATION_REPOSITORY}`
  const installedId = await findInstalledRepositoryId(database, access.installationId, fullName)
  const onlyByName = { ...splitFullName(fullName), onlyByName: true }
  return { ...access, ...onlyByName, ...(installedId !== null && { repositoryId: installedId }) }
}

const ORGANISATION_REPOSITORY = '.github'

/**
 * However long GitHub is away, says that it has no such repository or does not understand the question, somebody waits for
 * the answer: it is asked until it comes, in the end once an hour, and about a run every five minutes.
 */
async function askLater(o: PerformContext, claimed: ClaimedEffect<'ask'>, outcome: CallOutcome): Promise<void> {
  const { id, token, tryNumber } = claimed
  const isPostponed = outcome.kind === 'wait' || outcome.kind === 'no access'
  // A run that has ended meanwhile holds its slot until the answer.
  const pauses = claimed.effect.question.about === 'run' ? Math.min(tryNumber, MAX_OUTAGE_TRIES) : tryNumber
  const again: CallOutcome = isPostponed
    ? outcome
    : { kind: 'retry', at: retryAt(pauses, o.now()), words: outcome.words }
  const isSnooze = tryNumber >= MAX_TRIES
  await recordEffectOutcome(o, { id, token, isSnooze, ...(await failedEffectOutcome(o, claimed, again)) })
}
