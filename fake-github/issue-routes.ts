// Issues, one by one and as lists show them, and what happened to one of them. https://docs.github.com/en/rest/issues
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { linkToNextPage, pageOf } from './paging.ts'
import { issueOfPullRequest } from './payloads.ts'
import { type Issue, type Repository, userOf, type World } from './world.ts'

/** Somebody put a label on an issue. */
export type LabelEvent = { readonly label: string; readonly by: string; readonly at: string }

/** Answers `issues`, `issues/N`, `issues/N/events`, `pulls/N` and `pulls/N/reviews`; null for other paths. */
export function respondToIssues(
  request: ApiRequest,
  o: { world: World; repository: Repository; path: string },
): ApiResponse | null {
  const { world, repository, path } = o
  const { method, query } = request
  if (method !== 'GET') return null
  const url = `${world.url}/repos/${repository.full_name}/${path}`
  const pull = respondToPull(world, repository, path, query, url)
  if (pull !== null) return pull
  if (path === 'issues') return page(issuesIn(world, repository, query), query, url)
  const [, number, events] = /^issues\/(\d+)(\/events)?$/.exec(path) ?? []
  if (number === undefined) return null
  const key = `${repository.full_name}#${number}`
  if (events === undefined) {
    if (world.deletedIssues.has(key)) return GONE
    const body = subjectOf(world, repository.full_name, Number(number))
    return body === null ? NOT_FOUND : { status: 200, body }
  }
  if (!world.issues.has(key)) return NOT_FOUND
  const labelEvents = (world.labelEvents.get(key) ?? []).map(({ label, by, at }, index) => ({
    id: index + 1,
    event: 'labeled',
    actor: world.users.has(by) ? userOf(world, by) : null,
    created_at: at,
    label: { name: label },
  }))
  return page(labelEvents, query, url)
}

// https://docs.github.com/en/rest/pulls
function respondToPull(
  world: World,
  { full_name }: Repository,
  path: string,
  query: URLSearchParams,
  url: string,
): ApiResponse | null {
  const [, number, reviews] = /^pulls\/(\d+)(\/reviews)?$/.exec(path) ?? []
  if (number === undefined) return null
  const key = `${full_name}#${number}`
  const pull = world.pullRequests.get(key)
  if (pull === undefined) return NOT_FOUND
  if (reviews === undefined) return { status: 200, body: pull }
  // Here a state is written in capital letters, and in deliveries in small ones.
  const all = (world.reviews.get(key) ?? []).map((review) => ({ ...review, state: review.state.toUpperCase() }))
  return page(all, query, url)
}

export const NOT_FOUND: ApiResponse = { status: 404, body: { message: 'Not Found' } }
export const GONE: ApiResponse = { status: 410, body: { message: 'This issue was deleted' } }

/** The issue or pull request of that number, as an issue. */
export function subjectOf(world: World, fullName: string, number: number): Issue | null {
  const pull = world.pullRequests.get(`${fullName}#${number}`)
  return pull ? issueOfPullRequest(pull) : (world.issues.get(`${fullName}#${number}`) ?? null)
}

function page(all: readonly unknown[], query: URLSearchParams, url: string): ApiResponse {
  return { status: 200, body: pageOf(all, query), headers: linkToNextPage(all, query, url) }
}

/** A pull request is an issue too. */
function issuesIn(world: World, repository: Repository, query: URLSearchParams): readonly object[] {
  const inRepository = <T>(all: ReadonlyMap<string, T>) =>
    [...all].filter(([key]) => key.startsWith(`${repository.full_name}#`) && !world.deletedIssues.has(key))
  const labels = (query.get('labels') ?? '').toLowerCase().split(',').filter(Boolean)
  const since = query.get('since')
  const from = since === null ? Number.NEGATIVE_INFINITY : Math.floor(Date.parse(since) / 1000) * 1000
  const all: readonly Issue[] = [
    ...inRepository(world.issues).map(([, issue]) => issue),
    ...inRepository(world.pullRequests).map(([, pull]) => issueOfPullRequest(pull)),
  ]
  const upOrDown = query.get('direction') === 'asc' ? -1 : 1
  return all
    .filter(({ state }) => (query.get('state') ?? 'open') === 'all' || state === (query.get('state') ?? 'open'))
    .filter((one) => labels.every((label) => one.labels.some(({ name }) => name.toLowerCase() === label)))
    .filter(({ updated_at }) => Date.parse(updated_at) >= from)
    .toSorted(
      (one, other) =>
        upOrDown * (Date.parse(other.updated_at) - Date.parse(one.updated_at) || other.number - one.number),
    )
}
