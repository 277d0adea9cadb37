import {
  asNumber,
  asObject,
  asString,
  expectChangedId,
  expectCreatedId,
  expectObject,
  expectObjects,
  expectPresent,
  type JsonObject,
} from './answer.ts'
import { GitHubFailure, nullIfNotFound } from './failure.ts'
import { changeByGraphql, sendGraphql } from './graphql.ts'
import { expectSearched, readList } from './list.ts'
import type { RepositoryAccess, SendRequest } from './request.ts'

/** A comment or check run of ours on GitHub; the greater id is the newer one. */
export type ExistingResource = { readonly id: number }

/** Why a comment is folded away: https://docs.github.com/en/graphql/reference/enums#reportedcontentclassifiers */
export type CommentFolding = 'OUTDATED' | 'RESOLVED'

export type CommentRead =
  | { readonly isSame: true; readonly etag: string | null }
  | { readonly isSame: false; readonly body: string; readonly etag: string | null }

type ReactionContent = 'eyes' | 'confused' | 'rocket'

export type IssueComments = {
  /** Not sent after `sendBy`. */
  createComment(access: RepositoryAccess, issueNumber: number, body: string, sendBy?: string): Promise<number>
  updateComment(access: RepositoryAccess, commentId: number, body: string): Promise<void>
  deleteComment(access: RepositoryAccess, commentId: number): Promise<void>
  /** Folds a comment away, or shows it again; repeating it does no harm. GitHub has it in GraphQL alone. */
  setFolded(access: RepositoryAccess, commentId: number, folded: CommentFolding | null): Promise<void>
  /** Creating a reaction twice leaves one: https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment */
  createReaction(access: RepositoryAccess, commentId: number, content: ReactionContent): Promise<void>
  /** Takes our own reaction away; removing it twice does no harm. */
  deleteReaction(access: RepositoryAccess, commentId: number, content: ReactionContent): Promise<void>
  /** Was the comment with this global id created by e-mail? Null when GitHub does not know it. */
  readCameByEmail(access: RepositoryAccess, nodeId: string): Promise<boolean | null>
  /** Null when GitHub does not know it. `isSame`: the answer would be the one that `etag` names, and has no body. */
  readComment(access: RepositoryAccess, commentId: number, etag: string | null): Promise<CommentRead | null>
  /** Our comments with this marker that changed since then, oldest first. Anyone can paste a marker. */
  findComments(
    access: RepositoryAccess,
    issueNumber: number,
    marker: string,
    since: string,
  ): Promise<readonly ExistingResource[]>
}

export function openIssueComments(call: SendRequest, appId: number): IssueComments {
  let login: Promise<string> | null = null

  /** Read only for a comment that does not name its App; a failure is not cached. */
  function ourLogin(): Promise<string> {
    login ??= readBotLogin(call).catch((error) => {
      login = null
      throw error
    })
    return login
  }

  async function isOurs(comment: JsonObject): Promise<boolean> {
    const app = asObject(comment.performed_via_github_app)
    if (app !== null) return asNumber(app.id) === appId
    const user = asObject(comment.user)
    return user?.type === 'Bot' && asString(user.login) === (await ourLogin())
  }

  return {
    async createComment(access, issueNumber, body, sendBy) {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
      return expectCreatedId(
        (await call(access, 'create', route, { issue_number: issueNumber, body }, { sendBy })).body,
      )
    },

    async updateComment(access, commentId, body) {
      const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
      expectChangedId((await call(access, 'change', route, { comment_id: commentId, body })).body, commentId)
    },

    async deleteComment(access, commentId) {
      const route = 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}'
      await unlessMissing(call(access, 'change', route, { comment_id: commentId }))
    },

    async setFolded(access, commentId, folded) {
      const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}'
      const { body } = await call(access, 'read', route, { comment_id: commentId })
      const id = expectPresent(asString(expectObject(body, 'the comment').node_id), 'node_id')
      await changeByGraphql(call, access, folded === null ? SHOW_MUTATION : FOLD_MUTATION, {
        id,
        ...(folded !== null && { classifier: folded }),
      })
    },

    async createReaction(access, commentId, content) {
      const route = 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions'
      await call(access, 'change', route, { comment_id: commentId, content })
    },

    async deleteReaction(access, commentId, content) {
      const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions'
      const list = await readList(async (page) => {
        const parameters = { comment_id: commentId, content, per_page: 100, page }
        const { body, hasNextPage } = await call(access, 'read', route, parameters)
        return { items: expectObjects(body, 'reactions'), hasNextPage }
      })
      for (const reaction of list.items) {
        if (!(await isOurs(reaction))) continue
        const id = expectPresent(asNumber(reaction.id), 'id')
        const removal = 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}'
        await unlessMissing(call(access, 'change', removal, { comment_id: commentId, reaction_id: id }))
      }
    },

    async readCameByEmail(access, nodeId) {
      const { data, errors } = await sendGraphql(call, access, 'read', COMMENT_QUERY, { id: nodeId })
      if (errors.some(({ type }) => type === 'NOT_FOUND')) return null
      const cameByEmail = asObject(data?.node)?.createdViaEmail
      return expectPresent(typeof cameByEmail === 'boolean' ? cameByEmail : null, 'createdViaEmail')
    },

    async readComment(access, commentId, etag) {
      const route = 'GET /repos/{owner}/{repo}/issues/comments/{comment_id}'
      const answer = await call(access, 'read', route, { comment_id: commentId }, { etag }).catch(nullIfNotFound)
      if (answer === null) return null
      if (answer.status === 304) return { isSame: true, etag: answer.etag }
      const { body } = expectObject(answer.body, 'the comment')
      return { isSame: false, body: expectPresent(asString(body), 'body'), etag: answer.etag }
    },

    async findComments(access, issueNumber, marker, since) {
      const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'
      const list = await readList(async (page) => {
        const parameters = { issue_number: issueNumber, since, per_page: 100, page }
        const { body, hasNextPage } = await call(access, 'read', route, parameters)
        return { items: expectObjects(body, 'comments'), hasNextPage }
      })
      const found: ExistingResource[] = []
      for (const comment of list.items) {
        const id = expectPresent(asNumber(comment.id), 'id')
        if (asString(comment.body)?.includes(marker) && (await isOurs(comment))) found.push({ id })
      }
      return expectSearched(found, list, 'comments').toSorted((a, b) => a.id - b.id)
    },
  }
}

/** What is deleted already need not be deleted. */
async function unlessMissing(deletion: Promise<unknown>): Promise<void> {
  await deletion.catch((failure) => {
    if (!(failure instanceof GitHubFailure && failure.kind === 'not_found')) throw failure
  })
}

// Neither REST nor a delivery says it: https://docs.github.com/en/graphql/reference/objects#issuecomment
const COMMENT_QUERY = `query ($id: ID!) { node(id: $id) { ... on IssueComment { createdViaEmail } } }`

// https://docs.github.com/en/graphql/reference/mutations#minimizecomment
const FOLD_MUTATION = `mutation ($id: ID!, $classifier: ReportedContentClassifiers!) {
  minimizeComment(input: { subjectId: $id, classifier: $classifier }) { minimizedComment { isMinimized } }
}`
const SHOW_MUTATION = `mutation ($id: ID!) {
  unminimizeComment(input: { subjectId: $id }) { unminimizedComment { isMinimized } }
}`

async function readBotLogin(call: SendRequest): Promise<string> {
  const { body } = await call(null, 'read', 'GET /app')
  return `${expectPresent(asString(asObject(body)?.slug), 'slug')}[bot]`
}
