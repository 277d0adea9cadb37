// Who asked for the start, and whether they may. Watching asks nobody's leave; before anything is dispatched, and for
// every command, GitHub must have said that the person may write. No answer is no leave.

import { best } from '../facts/total-order.ts'
import type { Evidence } from '../model/evidence.ts'
import { isNamedBot, runsTheLine } from '../model/line-rules.ts'
import type { Pipeline, Starter } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'

/** What is known of the leave to start: given, asked for, refused, or never wanted by anybody. */
export type Leave =
  | { readonly is: 'granted' | 'asked' | 'refused'; readonly starter: Starter }
  | { readonly is: 'unwanted' }

/** May the line be started? One person's leave is enough. */
export function leaveToStart(pipeline: Pipeline): Leave {
  const starters = pipeline.starters ?? []
  const granted = starters.filter((starter) => isGranted(pipeline, starter))
  const first = granted.toSorted(byMoment)[0]
  if (first !== undefined) return { is: 'granted', starter: first }
  const latest = starters.toSorted(byMoment).at(-1)
  const asked = starters.filter(({ permission }) => permission === null).toSorted(byMoment)[0]
  if (asked !== undefined) return { is: 'asked', starter: asked }
  return latest === undefined ? { is: 'unwanted' } : { is: 'refused', starter: latest }
}

/** Those whose leave GitHub must be asked about. */
export function unansweredStarters(pipeline: Pipeline): readonly Starter[] {
  return (pipeline.starters ?? []).filter(
    (starter) => starter.permission === null && !isGranted(pipeline, starter) && starter.by === 'label',
  )
}

/** Somebody asked for the start, perhaps again: a refusal holds for what was asked before it only. */
export function withStarter(pipeline: Pipeline, starter: Starter): Pipeline {
  const starters = pipeline.starters ?? []
  const isSame = (other: Starter) => other.login === starter.login && other.by === starter.by
  const known = starters.find(isSame)
  const merged = known === undefined ? starter : mergeStarters(known, starter)
  const all = [...starters.filter((other) => !isSame(other)), merged]
  return { ...pipeline, starters: all.sort((a, b) => (`${a.login} ${a.by}` < `${b.login} ${b.by}` ? -1 : 1)) }
}

/** GitHub answered whether somebody may start what was asked for then. */
export function withLeave(
  pipeline: Pipeline,
  asked: { readonly login: string; readonly by: Starter['by']; readonly at: Instant },
  permission: { readonly granted: boolean; readonly at: Instant },
): Pipeline {
  const starters = (pipeline.starters ?? []).map((starter) => {
    if (starter.login !== asked.login || starter.by !== asked.by) return starter
    if (starter.at > asked.at && !permission.granted) return starter
    return {
      ...starter,
      permission: best(starter.permission ?? permission, permission, (told) => [told.granted, told.at]),
    }
  })
  return pipeline.starters === undefined ? pipeline : { ...pipeline, starters }
}

/** Somebody who asked for the start at that moment. */
export function starterOf(login: string, by: Starter['by'], at: Instant, evidence: Evidence): Starter {
  return { login, by, at, evidence, permission: null }
}

function mergeStarters(a: Starter, b: Starter): Starter {
  const newest = best(a, b, ({ at, permission }) => [at, permission !== null])
  const given = [a.permission, b.permission].find((permission) => permission?.granted)
  return given ? { ...newest, permission: given } : newest
}

function isGranted({ line }: Pipeline, { login, by, permission }: Starter): boolean {
  if (permission?.granted === true || isNamedBot(line, login)) return true
  // A label can be put only by somebody whom the repository trusts with its issues: that is enough to watch.
  return by === 'label' && !runsTheLine(line)
}

function byMoment(a: Starter, b: Starter): number {
  return a.at === b.at ? (a.login < b.login ? -1 : 1) : a.at < b.at ? -1 : 1
}
