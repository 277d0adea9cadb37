// What went wrong for good until an operator looks: failed deliveries, and effects that were given up. The command line and
// the operators' pages list them, do them again or drop them, in the same words.
import type { Instant } from '../pipeline/model/time.ts'

export type RepairName = 'deliveries' | 'effects'

/** One of them, as an operator sees it. */
export type RepairRow = {
  readonly id: number
  readonly at: Instant
  readonly what: string
  /** Null where it is not known any more, or does not matter. */
  readonly repository: string | null
  readonly error: string
}

export const REPAIRS = {
  deliveries: {
    title: 'Failed deliveries',
    one: 'failed delivery',
    many: 'failed deliveries',
    none: 'No delivery has failed.',
    replay: 'Apply again',
    replayed: 'applied again',
  },
  effects: {
    title: 'What was given up to send',
    one: 'effect that was given up',
    many: 'effects that were given up',
    none: 'Nothing was given up.',
    replay: 'Try again',
    replayed: 'put in line again',
  },
} as const satisfies Record<RepairName, Readonly<Record<string, string>>>

/** `issues.labeled`, or `push`. */
export function webhookText({ name, action }: { readonly name: string; readonly action: string | null }): string {
  return action === null ? name : `${name}.${action}`
}

/** `3 failed deliveries would be dropped` */
export function describeRepair(name: RepairName, o: { chosen: number; isDropped: boolean }): string {
  return `${countRepairs(name, o.chosen)} would be ${doneWord(name, o)}`
}

/** `2 of 3 failed deliveries were dropped.` */
export function describeRepaired(name: RepairName, o: { acted: number; chosen: number; isDropped: boolean }): string {
  return `${o.acted} of ${countRepairs(name, o.chosen)} ${o.acted === 1 ? 'was' : 'were'} ${doneWord(name, o)}.`
}

/** `1 failed delivery`, `3 failed deliveries`. */
function countRepairs(name: RepairName, count: number): string {
  const { one, many } = REPAIRS[name]
  return `${count} ${count === 1 ? one : many}`
}

function doneWord(name: RepairName, { isDropped }: { isDropped: boolean }): string {
  return isDropped ? 'dropped' : REPAIRS[name].replayed
}
