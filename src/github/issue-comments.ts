import { GitHubFailure } from './failure.ts'
import { createdId, expectRows, type Fields, fields, number, text } from './json.ts'
import type { Call, Where } from './request.ts'

/** Something of ours that GitHub keeps; the greater id is the younger one. */
export type Found = { readonly id: number }

export type Comments = {
  /** After `sendBy` it is not sent any more. */
  createComment(where: Where, issueNumber: number, body: string, sendBy?: string): Promise<number>
  updateComment(where: Where, commentId: number, body: string): Promise<void>
  deleteComment(where: Where, commentId: number): Promise<void>
  /** The same reaction twice is one: https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment */
  react(where: Where, commentId: number, content: 'eyes' | 'confused'): Promise<void>
  /** Comments of ours that carry the marker and were changed since, oldest first. Anyone may paste a marker. */
  findComments(where: Where, issueNumber: number, marker: string, since: string): Promise<readonly Found[]>
}

export function openComments(call: Call, appId: number): Comments {
  let login: Promise<string> | null = null

  /** Asked only when a comment does not say which App wrote it; a failed answer is not remembered. */
  function ourLogin(): Promise<string> {
    login ??= readLogin(call).catch((error) => {
      login = null
      throw error
    })
    return login
  }

  async function isOurs(comment: Fields): Promise<boolean> {
    const app = fields(comment.performed_via_github_app)
    if (app !== null) return number(app.id) === appId
    const user = fields(comment.user)
    return user?.type === 'Bot' && text(user.login) === (await ourLogin())
  }

  return {
    async createComment(where, issueNumber, body, sendBy) {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
      return createdId((await call(where, 'create', route, { issue_number: issueNumber, body }, sendBy)).body)
    },

    async updateComment(where, commentId, body) {
      const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
      await call(where, 'change', route, { comment_id: commentId, body })
    },

    async deleteComment(where, commentId) {
      const route = 'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}'
      await call(where, 'change', route, { comment_id: commentId }).catch((failure) => {
        if (!(failure instanceof GitHubFailure && failure.kind === 'gone')) throw failure
      })
    },

    async react(where, commentId, content) {
      const route = 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions'
      await call(where, 'change', route, { comment_id: commentId, content })
    },

    async findComments(where, issueNumber, marker, since) {
      const found: Found[] = []
      for (let page = 1; ; page += 1) {
        const { body, next } = await call(where, 'read', 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
          issue_number: issueNumber,
          since,
          per_page: 100,
          page,
        })
        for (const comment of expectRows(body)) {
          const id = number(comment.id)
          if (id !== null && text(comment.body)?.includes(marker) && (await isOurs(comment))) found.push({ id })
        }
        if (!next) return found.sort((a, b) => a.id - b.id)
      }
    },
  }
}

async function readLogin(call: Call): Promise<string> {
  const slug = text(fields((await call(null, 'read', 'GET /app')).body)?.slug)
  if (slug === null) throw new GitHubFailure('retry', 'GitHub did not say what the App is called')
  return `${slug}[bot]`
}
