// What puts an issue on the line, who asked for it, and whether they may. Observing needs no permission. Before anything is
// dispatched, and for every command, GitHub must have said that the sender may write: no answer is no permission.
import type { Line } from '../../line/line.ts'
import { dispatchesAnyStage, isAllowedBot, isGhost } from '../../line/stage-rules.ts'
import { issueOfBranch, issueOfRun, stageOfRun } from '../facts/correlate.ts'
import { greatest } from '../facts/total-order.ts'
import type { Event } from '../model/events.ts'
import type { PermissionDecision } from '../model/facts.ts'
import type { Pipeline, PipelineStart, StartRequest } from '../model/pipeline.ts'

/**
 * The start of a pipeline that this event brings: by the start label, the command, or an agent's branch that names the
 * issue. `isAuthorized`: is the command's sender known to be allowed? A bot must be.
 */
export function pipelineStartIn(
  event: Event,
  issueNumber: number,
  line: Line,
  isAuthorized: boolean,
): PipelineStart | null {
  const { at, evidence } = event
  if (event.type === 'issue.labeled') {
    // GitHub keeps a label's case but compares labels without it.
    const starts = event.label.toLowerCase() === line.startLabel?.toLowerCase()
    return starts && event.issue.number === issueNumber ? { by: 'label', actor: event.sender, at, evidence } : null
  }
  if (event.type === 'commands.received') {
    const { sender, bot, commands, onPullRequest } = event
    const counts = (bot ? isAuthorized : !isGhost(sender)) && commands.some(({ verb }) => verb === 'start')
    const isAbout = onPullRequest || event.issueNumber === issueNumber
    return counts && isAbout ? { by: 'command', actor: sender, at, evidence } : null
  }
  const branch = agentBranchOf(event, line)
  return branch !== null && issueOfBranch(branch) === issueNumber ? { by: 'branch', actor: null, at, evidence } : null
}

/** A person's start precedes a branch's, then the earlier one precedes. */
export function precedingStart(a: PipelineStart, b: PipelineStart): PipelineStart {
  return greatest(a, b, ({ by, at }) => [by !== 'branch', -Date.parse(at)])
}

type StartAuthorization =
  | { readonly state: 'granted' | 'pending' | 'refused'; readonly request: StartRequest }
  | { readonly state: 'not_requested' }

/** May Andon start the stages? The permission of one sender is enough. */
export function startAuthorization(pipeline: Pipeline): StartAuthorization {
  const requests = (pipeline.startRequests ?? []).toSorted(byTime)
  const granted = requests.find((request) => isAuthorized(pipeline, request))
  if (granted !== undefined) return { state: 'granted', request: granted }
  const pending = requests.find(({ permission, bot }) => permission === null && !bot)
  if (pending !== undefined) return { state: 'pending', request: pending }
  const refused = requests.at(-1)
  return refused === undefined ? { state: 'not_requested' } : { state: 'refused', request: refused }
}

/** Requests by label whose sender's permission GitHub must be asked for. */
export function unansweredStartRequests(pipeline: Pipeline): readonly StartRequest[] {
  return (pipeline.startRequests ?? []).filter(
    (request) =>
      request.permission === null && !request.bot && !isAuthorized(pipeline, request) && request.by === 'label',
  )
}

/** Who wanted it started, as far as is known. */
export function startedBy(pipeline: Pipeline): string | null {
  const authorization = startAuthorization(pipeline)
  return authorization.state === 'granted' ? authorization.request.login : pipeline.start.actor
}

/** The same sender may ask again: a refusal holds only for requests made before it. */
export function withStartRequest(pipeline: Pipeline, request: StartRequest): Pipeline {
  const requests = pipeline.startRequests ?? []
  const isSame = (other: StartRequest) => other.login === request.login && other.by === request.by
  const existing = requests.find(isSame)
  const merged = existing === undefined ? request : mergeStartRequests(existing, request)
  const all = [...requests.filter((other) => !isSame(other)), merged]
  return { ...pipeline, startRequests: all.sort((a, b) => (`${a.login} ${a.by}` < `${b.login} ${b.by}` ? -1 : 1)) }
}

/** GitHub answered whether the sender of a request may start the pipeline. */
export function withStartPermission(
  pipeline: Pipeline,
  { login, by, at }: Pick<StartRequest, 'login' | 'by' | 'at'>,
  decision: PermissionDecision,
): Pipeline {
  if (pipeline.startRequests === undefined) return pipeline
  const startRequests = pipeline.startRequests.map((request) => {
    if (request.login !== login || request.by !== by || (request.at > at && !decision.granted)) return request
    const permission = greatest(request.permission ?? decision, decision, (known) => [known.granted, known.at])
    return { ...request, permission }
  })
  return { ...pipeline, startRequests }
}

/** The branch that may start a pipeline: a pull request's, or that of a run of one of the line's workflows. */
function agentBranchOf(event: Event, line: Line): string | null {
  if (event.type === 'pull_request.changed' || event.type === 'review.changed') return event.pullRequest.branch
  if (event.type !== 'run.changed' || stageOfRun(line.stages, event.run) === null) return null
  const { branch } = event.run
  // A key names the issue of its run, whatever the branch.
  return branch !== null && issueOfRun(event.run) === issueOfBranch(branch) ? branch : null
}

function mergeStartRequests(a: StartRequest, b: StartRequest): StartRequest {
  const newest = greatest(a, b, ({ at, permission }) => [at, permission !== null])
  const granted = [a.permission, b.permission].find((permission) => permission?.granted)
  return granted ? { ...newest, permission: granted } : newest
}

function isAuthorized({ line }: Pipeline, { login, by, bot = false, permission }: StartRequest): boolean {
  if (permission?.granted === true || isAllowedBot(line, login)) return true
  if (bot) return false
  // Only people whom the repository trusts with its issues can label them: that is enough to observe.
  return by === 'label' && !dispatchesAnyStage(line)
}

function byTime(a: StartRequest, b: StartRequest): number {
  return a.at === b.at ? (a.login < b.login ? -1 : 1) : a.at < b.at ? -1 : 1
}

/** May it still get the line of its repository's file? */
export function awaitsLine({ isConfigured, isWithoutFile }: Pipeline): boolean {
  return isConfigured === false || isWithoutFile === true
}
