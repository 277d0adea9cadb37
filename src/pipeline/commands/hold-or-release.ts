// The cord: `hold` and `resume`. What is held of an issue or a stage is stored in the pipeline; of the repository it is
// stored by the door (see `withRepositoryHold`), and only answered here.
import type { Command, InvalidCommand } from '../../commands/commands.ts'
import { holdEndsAt, MAX_HOLD_DAYS } from '../../commands/hold-end.ts'
import { activeHold, activeHolds, isSameWord, latestHoldOrRelease, placeKey } from '../holds/holds.ts'
import type { WorkflowHold } from '../model/breaker.ts'
import { type AnsweredCommand, already, done, notPossible, stageSummary } from '../model/command-result.ts'
import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import { secondsAfter } from '../model/time.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import { workflowHoldOn } from '../view/held-by-andon.ts'
import type { AuthorizedCommands } from './authorized-commands.ts'

type HoldCommand = Extract<Command, { verb: 'hold' | 'resume' }>
type Sender = Pick<AuthorizedCommands, 'login' | 'at' | 'evidence'>

/** Holds or resumes the issue or a stage, and answers. */
export function runHoldOrResume(
  pipeline: Pipeline,
  command: HoldCommand,
  sender: Sender,
  outerHolds: OuterHolds,
): { readonly pipeline: Pipeline; readonly result: AnsweredCommand } {
  const added = holdOrReleaseOf(command, sender)
  const { place } = added
  const mistake = whyNotUntil(added)
  if (mistake !== null) return { pipeline, result: mistake }
  if (place.kind === 'repository') return { pipeline, result: repositoryResult(added, outerHolds) }
  const all = pipeline.holdsAndReleases ?? []
  const stored = all.find((other) => placeKey(other.place) === placeKey(place)) ?? null
  const others = all.filter((other) => other !== stored)
  // Resuming the issue leaves its stages held; stages do not affect each other.
  const stillHeld = activeHolds({ holdsAndReleases: others }, outerHolds).filter(
    (hold) => place.kind === 'issue' || hold.place.kind !== 'stage',
  )
  const workflow = workflowHoldOn(pipeline)
  const result = holdOrReleaseResult(stored, added, stillHeld, workflow === null ? [] : [workflow])
  const last = latestHoldOrRelease(stored, added)
  if (last === stored) return { pipeline, result }
  const next = { ...pipeline, holdsAndReleases: [...others, last].sort(byPlace) }
  return { pipeline: next, result: withQueuedStages(result, next) }
}

/** The answer to a hold or resume of the repository where no pipeline is concerned; null for any other command. */
export function repositoryHoldResult(command: Command, sender: Sender, outerHolds: OuterHolds): AnsweredCommand | null {
  const [added] = repositoryHoldOrRelease(command, sender)
  return added === undefined ? null : repositoryResult(added, outerHolds)
}

/** The outer holds after the first `count` commands, or after all of them. */
export function outerHoldsAfter(outerHolds: OuterHolds, given: AuthorizedCommands, count?: number): OuterHolds {
  const added = given.commands.slice(0, count).flatMap((command) => repositoryHoldOrRelease(command, given))
  const isResumed = added.some(({ reason }) => reason === null)
  return {
    ...outerHolds,
    workflows: isResumed ? [] : (outerHolds.workflows ?? []),
    repository: added.filter((one) => whyNotUntil(one) === null).reduce(latestHoldOrRelease, outerHolds.repository),
  }
}

/** The answer to a hold or resume of a place, given what was known of that place and what else is held. */
export function holdOrReleaseResult(
  stored: HoldOrRelease | null,
  added: HoldOrRelease,
  others: readonly Hold[],
  workflows: readonly WorkflowHold[] = [],
): AnsweredCommand {
  const held = activeHold(stored)
  const hold = activeHold(added)
  const { place } = added
  const latest = stored === null ? added : latestHoldOrRelease(stored, added)
  const later = activeHold(latest)
  if (hold !== null) {
    if (later === null) return notPossible({ kind: 'resumed-since', release: latest })
    // One that lasts longer than the hold in force replaces it.
    const replaces = isSameWord(latest, added) && (stored === null || !isSameWord(stored, added))
    return held === null || replaces ? done({ kind: 'held', hold }) : already({ kind: 'held', hold: held })
  }
  const isEverything = place.kind === 'everything'
  const [workflow] = workflows
  const answer = {
    ...{ place, other: isEverything ? null : (others[0] ?? null), queued: [] },
    ...(workflow && place.kind !== 'repository' && { workflow }),
  }
  if (held === null && workflow !== undefined && place.kind === 'repository')
    return done({ kind: 'released', ...answer })
  if (held === null)
    return (answer.other === null && workflow === undefined ? already : notPossible)({ kind: 'not-held', ...answer })
  if (later !== null && !isEverything) return notPossible({ kind: 'held-later', hold: later })
  return done({ kind: 'released', ...answer })
}

function repositoryResult(added: HoldOrRelease, outerHolds: OuterHolds): AnsweredCommand {
  const others = activeHolds({}, { ...outerHolds, repository: null })
  return whyNotUntil(added) ?? holdOrReleaseResult(outerHolds.repository, added, others, outerHolds.workflows)
}

/** A hold ends after it was asked for, and not years later. */
export function whyNotUntil({ since, until }: HoldOrRelease): AnsweredCommand | null {
  if (until === undefined || (until > since && until <= secondsAfter(since, MAX_HOLD_DAYS * 24 * 60 * 60))) return null
  return notPossible({ kind: 'no-such-end', until, isPast: until <= since })
}

function holdOrReleaseOf(command: HoldCommand, { login, at, evidence }: Sender): HoldOrRelease {
  const common = { place: command.scope, by: login, since: at, evidence }
  if (command.verb === 'resume') return { ...common, reason: null }
  const { reason, end } = command
  return { ...common, reason, ...(end && { until: holdEndsAt(end, at) }) }
}

function repositoryHoldOrRelease(command: Command | InvalidCommand, sender: Sender): readonly HoldOrRelease[] {
  const isHoldCommand = command.verb === 'hold' || command.verb === 'resume'
  return isHoldCommand && command.scope.kind === 'repository' ? [holdOrReleaseOf(command, sender)] : []
}

/** A release also answers which stages wait for a slot now. */
function withQueuedStages(result: AnsweredCommand, pipeline: Pipeline): AnsweredCommand {
  if (result.outcome !== 'done' || result.answer.kind !== 'released') return result
  const queued = deriveStages(pipeline).stages.filter(({ status, queuedAt }) => status === 'queued' && queuedAt != null)
  return done({ ...result.answer, queued: queued.map(stageSummary) })
}

function byPlace(a: HoldOrRelease, b: HoldOrRelease): number {
  return placeKey(a.place) < placeKey(b.place) ? -1 : 1
}
