// People talk to Andon on a GitHub of its own: comments go in as signed deliveries, reactions and replies come out.

import { type AndonApp, openAndonApp } from '../../support/andon-app.ts'
import type { FakeGitHub } from '../../support/fake-github.ts'

export type Conversation = {
  readonly app: AndonApp
  readonly github: FakeGitHub
  readonly repository: string
  /** Somebody comments; resolves to the comment's id. Nothing is done about it before time passes. */
  comment(body: string, o?: { by?: string; on?: number }): Promise<number>
  /** Lets seconds pass, one at a time, or a part of one. */
  advance(seconds: number): Promise<void>
  /** What Andon answered at an issue, without what says which comments it answers. */
  replies(on?: number): Promise<readonly string[]>
  /** The reactions to a comment, in the order in which they were done. */
  reactions(commentId: number): readonly string[]
  close(): Promise<void>
}

/** `labelAnIssue` opens issue 1 in a repository whose file has one stage, `plan`, unless it is given. */
export async function openConversation(o: { send?: typeof fetch; configuration?: string } = {}): Promise<Conversation> {
  const app = await openAndonApp(undefined, o.configuration, o.send)
  const { github } = app
  const [repository = ''] = github.repositories
  return {
    app,
    github,
    repository,
    comment: (body, { by = 'linus', on = 1 } = {}) => github.comment(repository, on, body, by),
    async advance(seconds) {
      for (let passed = 0; passed < seconds; passed += 1) {
        await github.whenIdle()
        await app.andon.drain()
        app.clock.advance(Math.min(1, seconds - passed))
      }
      await github.whenIdle()
    },
    async replies(on = 1) {
      const all = await github.comments(repository, on)
      return all.flatMap(({ body }) => (MARKERS.test(body) ? [withoutVolatileParts(body.replace(MARKERS, ''))] : []))
    },
    reactions(commentId) {
      return github.writes.ofKind('reaction').flatMap(({ path, body, done }) => {
        const isIts = path.endsWith(`/comments/${commentId}/reactions`)
        return isIts && done ? [(body as { content: string }).content] : []
      })
    },
    close: () => app.close(),
  }
}

const MARKERS = /^(?:<!-- andon:v1 reply\/\S+ -->\n)+/

/** Without what is another at every run: ports, and the GUIDs of deliveries. */
function withoutVolatileParts(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+/g, 'github.test').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'GUID')
}
