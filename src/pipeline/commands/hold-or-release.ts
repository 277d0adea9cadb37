// What people say about the cord: `hold` and `resume`. A word about a stage or the issue is kept in the pipeline; one about
// the repository is kept by the door (see `withRepositoryHold`), and here it is only answered.
import { type Command, type InvalidCommand, mayUseCommand } from '../../commands/commands.ts'
import {
  activeHold,
  activeHolds,
  describeActor,
  describeHold,
  describePlace,
  latestHoldOrRelease,
} from '../holds/holds.ts'
import { already, type CommandResult, describeStage, done, notPossible } from '../model/command-result.ts'
import type { Hold, HoldOrRelease, OuterHolds } from '../model/hold.ts'
import type { Pipeline } from '../model/pipeline.ts'
import type { RepositoryRow } from '../model/rows.ts'
import { deriveStages } from '../stages/derive-stages.ts'
import type { AuthorizedCommands, CommandContext, Ran } from './authorized-commands.ts'

type HoldCommand = Extract<Command, { verb: 'hold' | 'resume' }>

/** Pulls the cord of this line or lets it go, and says what came of it. */
export function runHoldOrResume(pipeline: Pipeline, command: HoldCommand, order: CommandContext): Ran {
  const { outerHolds } = order
  const word = holdOrReleaseOf(command, order)
  if (word.place.kind === 'repository') {
    const others = activeHolds({}, { ...outerHolds, repository: null })
    return { pipeline, result: holdOrReleaseResult(outerHolds.repository, word, others) }
  }
  const known = pipeline.holdsAndReleases?.find(({ place }) => isSamePlace(place, word.place)) ?? null
  const rest = pipeline.holdsAndReleases?.filter((other) => other !== known) ?? []
  const others = activeHolds({ holdsAndReleases: rest }, outerHolds)
  // Letting go of the issue leaves its stages held; one stage has nothing to do with another.
  const result = holdOrReleaseResult(
    known,
    word,
    others.filter(({ place }) => word.place.kind === 'issue' || place.kind !== 'stage'),
  )
  const last = latestHoldOrRelease(known, word)
  if (last === known) return { pipeline, result }
  const next = { ...pipeline, holdsAndReleases: [...rest, last].sort(byPlace) }
  return {
    pipeline: next,
    result: activeHold(last) === null && result.outcome === 'done' ? withQueuedStages(result, next) : result,
  }
}

/** The repository once commands of somebody who may give them have held or resumed it; the same when none does. */
export function withRepositoryHold(row: RepositoryRow, given: AuthorizedCommands): RepositoryRow {
  if (!mayUseCommand(given.role, 'hold')) return row
  const { repository: holdOrRelease } = outerHoldsAfter({ ...given.outerHolds, repository: row.holdOrRelease }, given)
  return holdOrRelease === row.holdOrRelease ? row : { ...row, holdOrRelease, holdFanOutCursor: 0 }
}

/** What is answered to a word about the repository where no line hears it; null when it is about anything else. */
export function repositoryHoldResult(command: Command, given: AuthorizedCommands, outerHolds: OuterHolds) {
  const [word] = repositoryHoldOrRelease(command, given)
  return word === undefined
    ? null
    : holdOrReleaseResult(outerHolds.repository, word, activeHolds({}, { ...outerHolds, repository: null }))
}

/** What is held around once the first of the commands, or all of them, were run as well. */
export function outerHoldsAfter(outerHolds: OuterHolds, given: AuthorizedCommands, first?: number): OuterHolds {
  const words = given.commands.slice(0, first).flatMap((command) => repositoryHoldOrRelease(command, given))
  return { ...outerHolds, repository: words.reduce(latestHoldOrRelease, outerHolds.repository) }
}

/** What is answered to a word about a place, by what was known of that place and what else is held. */
export function holdOrReleaseResult(
  known: HoldOrRelease | null,
  word: HoldOrRelease,
  others: readonly Hold[],
): CommandResult {
  const held = activeHold(known)
  const pulling = activeHold(word)
  const place = describePlace(word.place)
  const stands = activeHold(latestHoldOrRelease(known, word))
  if (known !== null && held === null && pulling !== null && stands === null) {
    return notPossible(`${place} was resumed by ${describeActor(known)} after that was written`)
  }
  if (pulling !== null) {
    return held === null ? done(`${holdSentence(pulling)}; what runs goes on`) : already(holdSentence(held))
  }
  const [other] = others
  const rest = other === undefined ? null : holdSentence(other)
  if (word.place.kind === 'everything') {
    return held === null ? already('there is no hold on everything') : done('the hold on everything is over')
  }
  if (held === null && rest === null) return already(`${place} is not held`)
  if (held === null) return notPossible(`${place} is not held by itself; ${rest}`, other ? resumeCommandFor(other) : [])
  if (stands !== null) return notPossible(`${holdSentence(stands)}, which was written later`)
  return done(rest === null ? `${place} is no longer held` : `${place} is no longer held, but ${rest}`)
}

function holdSentence(hold: Hold): string {
  return hold.place.kind === 'issue' ? `${describePlace(hold.place)} is ${describeHold(hold)}` : describeHold(hold)
}

type Sender = Pick<AuthorizedCommands, 'login' | 'at' | 'evidence'>

function holdOrReleaseOf(command: HoldCommand, { login, at, evidence }: Sender): HoldOrRelease {
  const reason = command.verb === 'hold' ? command.reason : null
  return { place: command.scope, by: login, reason, since: at, evidence }
}

function repositoryHoldOrRelease(command: Command | InvalidCommand, given: Sender): readonly HoldOrRelease[] {
  const isCord = command.verb === 'hold' || command.verb === 'resume'
  return isCord && command.scope.kind === 'repository' ? [holdOrReleaseOf(command, given)] : []
}

/** What waits on, now that a place was spoken about. */
function withQueuedStages(said: CommandResult, pipeline: Pipeline): CommandResult {
  const waiting = deriveStages(pipeline).stages.filter(
    ({ status, queuedAt }) => status === 'queued' && queuedAt != null,
  )
  return waiting.length === 0 ? said : { ...said, message: [said.message, ...waiting.map(describeStage)].join('; ') }
}

function resumeCommandFor({ place }: Hold): readonly string[] {
  switch (place.kind) {
    case 'issue':
      return ['/andon resume']
    case 'stage':
      return [`/andon resume ${place.stage}`]
    case 'repository':
      return ['/andon resume repository']
    case 'everything':
      return []
  }
}

function isSamePlace(a: HoldOrRelease['place'], b: HoldOrRelease['place']): boolean {
  return placeKey(a) === placeKey(b)
}

function byPlace(a: HoldOrRelease, b: HoldOrRelease): number {
  return placeKey(a.place) < placeKey(b.place) ? -1 : 1
}

function placeKey(place: HoldOrRelease['place']): string {
  return place.kind === 'stage' ? `stage/${place.stage}` : place.kind
}
