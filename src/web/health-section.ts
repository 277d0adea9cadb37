// What the sections of the operators' page are made of, for one template.
import type { Instant } from '../pipeline/model/time.ts'
import type { RepairName } from '../render/repairs.ts'

/** A value in words, or a moment, whose age goes on by itself. A tone is never without words. */
export type HealthCell = {
  readonly text?: string
  readonly age?: Instant | null
  readonly isAgo?: true
  readonly until?: Instant | null
  readonly tone?: 'bad' | 'warn' | 'muted' | undefined
  readonly href?: string
  /** Where those counted are done again or dropped, by those who may. */
  readonly repairs?: RepairName
  /** The id of a delivery that a button replays. */
  readonly replay?: number
}

export type HealthSection = {
  readonly id: string
  readonly title: string
  /** Why it could not be looked at; then there is nothing else. */
  readonly problem: string | null
  readonly facts: readonly { readonly term: string; readonly cell: HealthCell }[]
  /** Null also when it would have no rows. */
  readonly table: HealthTable | null
  /** What stands below, or in place of a table without rows. */
  readonly note: string | null
}

export type HealthTable = {
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly HealthCell[])[]
}

export type SectionContent = Partial<Pick<HealthSection, 'facts' | 'table' | 'note'>>

/** A number that should be 0: it stands out when it is not. */
export function countCell(count: number, tone: 'bad' | 'warn', none = '0'): HealthCell {
  return count === 0 ? { text: none } : { text: String(count), tone }
}

/** How many there are to be done again or dropped, and where. */
export function repairsCell(count: number, repairs: RepairName): HealthCell {
  const cell = countCell(count, 'bad', 'none')
  return count === 0 ? cell : { ...cell, repairs }
}

/** How long ago it was, or what is said while it never was. */
export function agoCell(at: Instant | null, otherwise: string, tone: 'warn' | 'muted' = 'muted'): HealthCell {
  return at === null ? { text: otherwise, tone } : { age: at, isAgo: true }
}
