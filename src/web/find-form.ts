// The form that finds tasks, and the addresses that it leads to: plain queries, which a page, its stream and the JSON take.
import type { Health, Light } from '../pipeline/model/pipeline.ts'
import { HEALTH_WORDS, LIGHT_SYMBOLS } from '../render/labels.ts'
import type { BoardOrder } from '../store/board-filter.ts'
import type { BoardFilter, ViewScope } from './view-scope.ts'

export const LIGHTS = ['running', 'review', 'queued', 'failed', 'done', 'idle'] as const satisfies readonly Light[]
export const HEALTHS = ['ok', 'stalled', 'stale', 'unknown'] as const satisfies readonly Health[]
export const ORDERS = ['urgency', 'newest', 'oldest', 'repository'] as const satisfies readonly BoardOrder[]

const ORDER_WORDS = {
  urgency: 'most urgent first',
  newest: 'newest first',
  oldest: 'oldest first',
  repository: 'by repository',
} as const satisfies Record<BoardOrder, string>

export type BoardPlace = Pick<ViewScope, 'repository' | 'filter'>

/** What the rows have in common: `failed, "upload", needing you`. */
export function describeFilter({ lights, healths, search, needs }: BoardFilter): string {
  const words = [
    ...(lights === undefined ? [] : [lights.length === LIGHTS.length ? 'all' : lights.map(wordOf).join(' or ')]),
    ...(healths === undefined ? [] : [healths.map((health) => HEALTH_WORDS[health] ?? 'well').join(' or ')]),
    ...(search === undefined ? [] : [`“${search}”`]),
    ...(needs === undefined ? [] : [needs.login === null ? 'in need of a person' : `in need of ${needs.login}`]),
  ]
  return words.join(', ')
}

/** The address of a board with a filter. */
export function boardAddress({ repository, filter }: BoardPlace): string {
  const query = String(queryOfFilter(filter))
  return `${boardPath(repository)}${query === '' ? '' : `?${query}`}`
}

export function boardPath(repository: string | null): string {
  return repository === null ? '/' : `/${repository}`
}

/** What the form shows, and which parts of the filter it keeps without showing them. */
export function findFormOf({ repository, filter }: BoardPlace): object {
  const { lights, healths = [], search = '', needs, order = 'urgency' } = filter
  const all = LIGHTS.join(',')
  const chosen = lights?.join(',') ?? ''
  const options = [
    { value: '', word: 'active' },
    ...LIGHTS.map((light) => ({ value: light, word: wordOf(light) })),
    { value: all, word: 'all' },
  ]
  const isListed = options.some(({ value }) => value === chosen)
  const listed = isListed ? options : [...options, { value: chosen, word: describeFilter({ lights: lights ?? [] }) }]
  return {
    action: boardPath(repository),
    kept: healths.map((health) => ['health', health]),
    search,
    lights: listed.map((option) => ({ ...option, selected: option.value === chosen })),
    orders: ORDERS.map((value) => ({ value, word: ORDER_WORDS[value], selected: value === order })),
    isMine: needs !== undefined,
  }
}

function queryOfFilter({ lights, healths, search, needs, order, after }: BoardFilter): URLSearchParams {
  const query = {
    q: search,
    light: lights?.join(','),
    health: healths?.join(','),
    needs: needs && 'me',
    sort: order === 'urgency' ? undefined : order,
    after,
  }
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, value)
  return params
}

function wordOf(light: Light): string {
  return LIGHT_SYMBOLS[light].word
}
