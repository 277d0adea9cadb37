// What an issue waits for, whom, and what happens next, in sentences.
import { openPullRequest } from '../pipeline/facts/standing.ts'
import { activeHolds } from '../pipeline/holds/holds.ts'
import type { Hold } from '../pipeline/model/hold.ts'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { type NeedKind, needOf, peopleToAsk } from '../pipeline/view/need.ts'
import { headlineInNeed, needsYouAt } from '../pipeline/view/needs-you.ts'
import { type NextStep, outlookOf, type Prospect } from '../pipeline/view/outlook.ts'
import type { BoardPipeline } from './board-row.ts'
import { formatMinute, ordinal } from './labels.ts'
import { waitOf } from './reason.ts'

/** What an issue waits for, and what follows. All is plain text that may quote people. */
export type OutlookView = {
  /** Null while it waits for nobody and nothing. */
  readonly waits: string | null
  readonly next: readonly string[]
}

export function outlookViewOf(
  { pipeline, outerHolds, held }: Pick<BoardPipeline, 'pipeline' | 'outerHolds' | 'held'>,
  now: Instant,
): OutlookView {
  const holds = held ? activeHolds(pipeline, outerHolds) : []
  const prospects = outlookOf(pipeline, holds, now)
  const isKept = prospects.some(({ kind }) => kind === 'goes-on-when-resumed')
  return { waits: waitText(pipeline, isKept ? holds : [], now), next: prospects.map(describeProspect) }
}

function waitText(pipeline: Pipeline, holds: readonly Hold[], now: Instant): string | null {
  const [hold] = holds
  if (hold !== undefined)
    return hold.until === undefined ? 'someone who may write, to resume it' : 'the end of the hold'
  const need = needOf(pipeline, now)
  if (need !== null) return NEEDED[need.kind](pipeline)
  const wait = waitOf(headlineInNeed(pipeline).reason)
  if (wait !== null) return `${wait.for}${wait.until === null ? '' : `, until ${formatMinute(wait.until)}`}`
  const neededAt = needsYouAt(pipeline)
  return neededAt !== null && neededAt <= now ? 'someone who may write, to decide' : null
}

const NEEDED = {
  approval: () => 'someone who may write, to approve it',
  'approval-on-github': () => 'someone who may approve the run on GitHub',
  review: (pipeline) => {
    const open = openPullRequest(pipeline)
    return open === null ? 'a maintainer’s review' : `a maintainer’s review of pull request #${open.number}`
  },
  failure: (pipeline) => `someone who may write, to decide${asked(pipeline)}`,
  limit: (pipeline) => `someone who may write, to decide${asked(pipeline)}`,
  question: (pipeline) => `someone who can see on GitHub whether it runs${asked(pipeline)}`,
  stall: (pipeline) => `someone to look at it${asked(pipeline)}`,
  permission: () => 'someone who may write, to start it',
} as const satisfies Record<NeedKind, (pipeline: Pipeline) => string>

/** Who wanted it started, as the comment on GitHub says too. */
function asked(pipeline: Pipeline): string {
  const [login] = peopleToAsk(pipeline)
  return login === undefined ? '' : `; @${login} asked for it`
}

function describeProspect(prospect: Prospect): string {
  switch (prospect.kind) {
    case 'then':
      return `${AFTER[prospect.after](prospect.stage)}, ${describeNextStep(prospect.next)}.`
    case 'if-it-fails': {
      const { stage, triesLeft } = prospect
      return triesLeft > 0
        ? `If ${stage} fails, it is tried again by itself: ${triesLeft} ${triesLeft === 1 ? 'try is' : 'tries are'} left.`
        : `If ${stage} fails, a person decides: this is the last try.`
    }
    case 'if-changes-are-asked-for': {
      const { stage, round, rework } = prospect
      return round > rework
        ? 'If changes are asked for, a person decides: no round is left.'
        : `If changes are asked for, ${stage} starts again: the ${ordinal(round)} of ${rework} rounds.`
    }
    case 'if-it-stays-silent':
      return `If nothing more is heard of it, it counts as ${prospect.health} at ${formatMinute(prospect.at)}.`
    case 'is-cancelled':
      return `If it still runs at ${formatMinute(prospect.at)}, Andon cancels it.`
    case 'goes-on-when-resumed':
      return prospect.until === null
        ? 'When it is resumed, it goes on from where it was.'
        : `At ${formatMinute(prospect.until)}, or when it is resumed, it goes on from where it was.`
    case 'starts-nothing-new':
      return `Nothing new starts ${prospect.until === null ? 'before it is resumed' : `before ${formatMinute(prospect.until)}, or until it is resumed`}; what goes on is not stopped.`
    case 'stands-until-retried':
      return `Nothing happens by itself. /andon retry ${prospect.stage} starts it again.`
    case 'over':
      return 'Nothing: it is over.'
  }
}

const AFTER = {
  success: (stage) => `When ${stage} is done`,
  approval: (stage) => `Once ${stage} is approved`,
  review: () => 'Once the pull request is approved',
  end: (stage) => `After ${stage}`,
} as const satisfies Record<Extract<Prospect, { kind: 'then' }>['after'], (stage: string) => string>

function describeNextStep(next: NextStep): string {
  switch (next.kind) {
    case 'approval':
      return 'it waits for an approval'
    case 'pull-request':
      return 'the pull request is waited for, and its review'
    case 'end':
      return 'the issue is done'
    case 'starts':
      return `${next.stage} starts by itself`
    case 'workflow':
      return `${next.stage} begins when ${next.workflow} starts a run`
  }
}
