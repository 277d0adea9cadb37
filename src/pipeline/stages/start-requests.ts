// Who asked for the start, and whether they may. Watching asks nobody's leave; before anything is dispatched, and for
// every command, GitHub must have said that the person may write. No answer is no leave.

import { greatest } from '../facts/total-order.ts'
import type { Evidence } from '../model/evidence.ts'
import { dispatchesAnyStage, isAllowedBot } from '../model/line-rules.ts'
import type { Pipeline, StartRequest } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'

/** What is known of the leave to start: given, asked for, refused, or never wanted by anybody. */
export type StartAuthorization =
  | { readonly state: 'granted' | 'pending' | 'refused'; readonly request: StartRequest }
  | { readonly state: 'not_requested' }

/** May the pipeline start? The permission of one starter is enough. */
export function startAuthorization(pipeline: Pipeline): StartAuthorization {
  const starters = pipeline.startRequests ?? []
  const granted = starters.filter((starter) => isAuthorized(pipeline, starter))
  const first = granted.toSorted(byTime)[0]
  if (first !== undefined) return { state: 'granted', request: first }
  const latest = starters.toSorted(byTime).at(-1)
  const asked = starters.filter(({ permission }) => permission === null).toSorted(byTime)[0]
  if (asked !== undefined) return { state: 'pending', request: asked }
  return latest === undefined ? { state: 'not_requested' } : { state: 'refused', request: latest }
}

/** Those whose leave GitHub must be asked about. */
export function unansweredStartRequests(pipeline: Pipeline): readonly StartRequest[] {
  return (pipeline.startRequests ?? []).filter(
    (starter) => starter.permission === null && !isAuthorized(pipeline, starter) && starter.by === 'label',
  )
}

/** Somebody asked for the start, perhaps again: a refusal holds for what was asked before it only. */
export function withStartRequest(pipeline: Pipeline, starter: StartRequest): Pipeline {
  const starters = pipeline.startRequests ?? []
  const isSame = (other: StartRequest) => other.login === starter.login && other.by === starter.by
  const known = starters.find(isSame)
  const merged = known === undefined ? starter : mergeStartRequests(known, starter)
  const all = [...starters.filter((other) => !isSame(other)), merged]
  return { ...pipeline, startRequests: all.sort((a, b) => (`${a.login} ${a.by}` < `${b.login} ${b.by}` ? -1 : 1)) }
}

/** GitHub answered whether somebody may start what was asked for then. */
export function withStartPermission(
  pipeline: Pipeline,
  asked: { readonly login: string; readonly by: StartRequest['by']; readonly at: Instant },
  permission: { readonly granted: boolean; readonly at: Instant },
): Pipeline {
  const startRequests = (pipeline.startRequests ?? []).map((starter) => {
    if (starter.login !== asked.login || starter.by !== asked.by) return starter
    if (starter.at > asked.at && !permission.granted) return starter
    return {
      ...starter,
      permission: greatest(starter.permission ?? permission, permission, (told) => [told.granted, told.at]),
    }
  })
  return pipeline.startRequests === undefined ? pipeline : { ...pipeline, startRequests }
}

/** Somebody who asked for the start at that moment. */
export function newStartRequest(login: string, by: StartRequest['by'], at: Instant, evidence: Evidence): StartRequest {
  return { login, by, at, evidence, permission: null }
}

function mergeStartRequests(a: StartRequest, b: StartRequest): StartRequest {
  const newest = greatest(a, b, ({ at, permission }) => [at, permission !== null])
  const given = [a.permission, b.permission].find((permission) => permission?.granted)
  return given ? { ...newest, permission: given } : newest
}

function isAuthorized({ line }: Pipeline, { login, by, permission }: StartRequest): boolean {
  if (permission?.granted === true || isAllowedBot(line, login)) return true
  // A label can be put only by somebody whom the repository trusts with its issues: that is enough to watch.
  return by === 'label' && !dispatchesAnyStage(line)
}

function byTime(a: StartRequest, b: StartRequest): number {
  return a.at === b.at ? (a.login < b.login ? -1 : 1) : a.at < b.at ? -1 : 1
}
