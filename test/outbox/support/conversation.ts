// People talk to Andon on a GitHub of its own: comments go in as signed deliveries, reactions and replies come out.

import { openWhole, type Whole } from '../../support/andon-app.ts'
import type { FakeGitHub } from '../../support/fake-github.ts'

export type Talk = {
  readonly whole: Whole
  readonly github: FakeGitHub
  readonly repository: string
  /** Somebody comments; resolves to the comment's id. Nothing is done about it before time passes. */
  say(body: string, o?: { by?: string; on?: number }): Promise<number>
  /** Lets seconds pass, one at a time, or a part of one. */
  pass(seconds: number): Promise<void>
  /** What Andon answered at an issue, without what says which comments it answers. */
  replies(on?: number): Promise<readonly string[]>
  /** The reactions to a comment, in the order in which they were done. */
  reactions(commentId: number): readonly string[]
  close(): Promise<void>
}

/** `labelAnIssue` opens issue 1 in a repository whose file has one stage, `plan`, unless it is given. */
export async function openTalk(o: { send?: typeof fetch; configuration?: string } = {}): Promise<Talk> {
  const whole = await openWhole(undefined, o.configuration, o.send)
  const { github } = whole
  const [repository = ''] = github.repositories
  return {
    whole,
    github,
    repository,
    say: (body, { by = 'linus', on = 1 } = {}) => github.comment(repository, on, body, by),
    async pass(seconds) {
      for (let passed = 0; passed < seconds; passed += 1) {
        await github.settled()
        await whole.andon.settle()
        whole.clock.pass(Math.min(1, seconds - passed))
      }
      await github.settled()
    },
    async replies(on = 1) {
      const all = await github.comments(repository, on)
      return all.flatMap(({ body }) => (MARKERS.test(body) ? [steady(body.replace(MARKERS, ''))] : []))
    },
    reactions(commentId) {
      return github.writes.of('reaction').flatMap(({ path, body, done }) => {
        const isIts = path.endsWith(`/comments/${commentId}/reactions`)
        return isIts && done ? [(body as { content: string }).content] : []
      })
    },
    close: () => whole.close(),
  }
}

const MARKERS = /^(?:<!-- andon:v1 reply\/\S+ -->\n)+/

/** Without what is another at every run: ports, and the GUIDs of deliveries. */
function steady(text: string): string {
  return text.replace(/127\.0\.0\.1:\d+/g, 'github.test').replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'GUID')
}
