// Comments on issues and pull requests: stored, delivered, and listed.
import type { ApiRequest, ApiResponse } from './api-request.ts'
import { GONE, NOT_FOUND, subjectOf } from './issue-routes.ts'
import { APP } from './organization.ts'
import { linkToNextPage, pageOf } from './paging.ts'
import { commentJson } from './payloads.ts'
import type { Webhooks } from './webhooks.ts'
import { type Comment, type Reaction, type Repository, repositoryOf, userOf, type World } from './world.ts'

type Change = { readonly fullName: string; readonly by: string }

export function createComment(
  world: World,
  webhooks: Webhooks,
  o: Change & { readonly number: number; readonly body: string; readonly viaEmail?: boolean },
): Comment {
  const repository = repositoryOf(world, o.fullName)
  const issue = subjectOf(world, o.fullName, o.number)
  if (!issue) throw new Error(`there is no issue ${o.fullName}#${o.number} here`)
  const json = commentJson(world, repository, { number: o.number, body: o.body, user: userOf(world, o.by) })
  world.comments.set(json.id, {
    repositoryId: repository.id,
    number: o.number,
    json,
    viaEmail: o.viaEmail ?? false,
    minimized: null,
  })
  webhooks.send('issue_comment', { action: 'created', comment: json, issue }, o.fullName, o.by)
  return json
}

export function editComment(
  world: World,
  webhooks: Webhooks,
  o: Change & { readonly id: number; readonly body: string },
): Comment {
  const stored = keptComment(world, o.fullName, o.id)
  const json = { ...stored.json, body: o.body, updated_at: world.clock.nowIso() }
  world.comments.set(o.id, { ...stored, json })
  const changes = { body: { from: stored.json.body } }
  const issue = subjectOf(world, o.fullName, stored.number)
  webhooks.send('issue_comment', { action: 'edited', changes, comment: json, issue }, o.fullName, o.by)
  return json
}

export function deleteComment(world: World, webhooks: Webhooks, o: Change & { readonly id: number }): void {
  const { json, number } = keptComment(world, o.fullName, o.id)
  world.comments.delete(o.id)
  const issue = subjectOf(world, o.fullName, number)
  webhooks.send('issue_comment', { action: 'deleted', comment: json, issue }, o.fullName, o.by)
}

/** Oldest first. */
export function commentsOn(world: World, repositoryId: number, number?: number): readonly Comment[] {
  return [...world.comments.values()]
    .filter((stored) => stored.repositoryId === repositoryId && (number === undefined || stored.number === number))
    .map(({ json }) => json)
}

/** Answers requests under `/repos/o/r/issues/` that passed `validateComment`; null for any other path. */
export function respondToComments(
  request: ApiRequest,
  o: { world: World; webhooks: Webhooks; repository: Repository; path: string; by: string },
): ApiResponse | null {
  const { world, webhooks, repository, path, by } = o
  const { method, body } = request
  const fullName = repository.full_name
  const text = String((body as { body?: unknown } | null)?.body ?? '')
  const issue = /^issues\/(\d+)\/comments$/.exec(path)?.[1]
  if (issue !== undefined) {
    const number = Number(issue)
    if (world.deletedIssues.has(`${fullName}#${number}`)) return GONE
    if (!subjectOf(world, fullName, number)) return NOT_FOUND
    if (method === 'GET') return list(request, world, repository, number)
    return { status: 201, body: createComment(world, webhooks, { fullName, number, body: text, by }) }
  }
  const [, id, reaction] = /^issues\/comments\/(\d+)(\/reactions(?:\/\d+)?)?$/.exec(path) ?? []
  if (id === undefined) return null
  const comment = world.comments.get(Number(id))
  if (comment?.repositoryId !== repository.id) return NOT_FOUND
  if (reaction !== undefined) return respondToReactions(request, world, Number(id), reaction.split('/')[2])
  if (method === 'GET') return { status: 200, body: comment.json }
  if (method === 'PATCH')
    return { status: 200, body: editComment(world, webhooks, { fullName, id: Number(id), body: text, by }) }
  deleteComment(world, webhooks, { fullName, id: Number(id), by })
  return { status: 204, body: null }
}

function keptComment(world: World, fullName: string, id: number) {
  const stored = world.comments.get(id)
  if (stored?.repositoryId !== repositoryOf(world, fullName).id)
    throw new Error(`there is no comment ${id} in ${fullName}`)
  return stored
}

// `since` counts whole seconds.
function list({ query }: ApiRequest, world: World, repository: Repository, number: number): ApiResponse {
  const since = query.get('since')
  const from = since === null ? Number.NEGATIVE_INFINITY : Math.floor(Date.parse(since) / 1000) * 1000
  const found = commentsOn(world, repository.id, number).filter(({ updated_at }) => Date.parse(updated_at) >= from)
  const path = `/repos/${repository.full_name}/issues/${number}/comments`
  return { status: 200, body: pageOf(found, query), headers: linkToNextPage(found, query, world.url + path) }
}

/** The reactions to a comment, oldest first. */
export function reactionsTo(world: World, id: number): readonly Reaction[] {
  return [...world.reactions].filter(([key]) => key.startsWith(`${id} `)).map(([, reaction]) => reaction)
}

function respondToReactions(
  { method, body, query }: ApiRequest,
  world: World,
  id: number,
  reaction: string | undefined,
): ApiResponse | null {
  if (method === 'POST' && reaction === undefined) return react(world, id, body)
  if (method === 'GET' && reaction === undefined) {
    const content = query.get('content')
    return { status: 200, body: reactionsTo(world, id).filter((one) => content === null || one.content === content) }
  }
  const found = reactionsTo(world, id).find((one) => String(one.id) === reaction)
  if (method !== 'DELETE' || found === undefined) return NOT_FOUND
  world.reactions.delete(`${id} ${found.content}`)
  return { status: 204, body: null }
}

// 201 the first time, 200 after that. Only one App reacts here, so a comment has each reaction once.
function react(world: World, id: number, body: unknown): ApiResponse {
  const { content = '' } = body as { content?: string }
  const key = `${id} ${content}`
  const before = world.reactions.get(key)
  const user = { login: `${APP.slug}[bot]`, type: 'Bot' }
  const reaction = before ?? { id: world.nextId(), content, user, created_at: world.clock.nowIso() }
  world.reactions.set(key, reaction)
  return { status: before ? 200 : 201, body: reaction }
}
