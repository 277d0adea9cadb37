// The verbs of people and agents. Each resolves when its deed is done and its delivery is on the way.
import type { Told } from './webhooks.ts'
import { type Comment, closedBy, type Issue, type PullRequest, repositoryOf, type World } from './world.ts'

export type People = ReturnType<typeof openPeople>

const REVIEW_EVENTS = { approve: 'APPROVE', 'request changes': 'REQUEST_CHANGES', comment: 'COMMENT' } as const
export type Verdict = keyof typeof REVIEW_EVENTS

export function openPeople(o: { world: World; told: Told; first: string }) {
  const { world, told, first } = o
  const { act } = world.emulator
  const clock = world.clock

  /** An issue's or pull request's own address. */
  const at = (fullName: string, number: number, rest = '') => `/repos/${fullName}/issues/${number}${rest}`

  const has = (fullName: string, number: number, label: string) =>
    (world.issues.get(`${fullName}#${number}`)?.labels ?? []).some((known) => known.name === label)

  const people = {
    async openIssue(
      fullName: string,
      issue: { title: string; body?: string; by?: string; labels?: readonly string[] },
    ): Promise<number> {
      clock.notice()
      const { labels = [], by = first, ...rest } = issue
      const opened = await told.after(
        { event: 'issues.opened', in: fullName, number: (made: { number: number }) => made.number },
        () => act<Issue>(by, 'POST', `/repos/${fullName}/issues`, rest),
      )
      for (const label of labels) await people.label(fullName, opened.number, label, by)
      return opened.number
    },

    async editIssue(
      fullName: string,
      number: number,
      change: { title?: string; body?: string },
      by = first,
    ): Promise<void> {
      clock.notice()
      await told.after({ event: 'issues.edited', in: fullName, number }, () =>
        act(by, 'PATCH', at(fullName, number), change),
      )
    },

    async label(fullName: string, number: number, label: string, by = first): Promise<void> {
      clock.notice()
      if (has(fullName, number, label)) return
      await told.after({ event: 'issues.labeled', in: fullName, number }, () =>
        act(by, 'POST', at(fullName, number, '/labels'), { labels: [label] }),
      )
    },

    async unlabel(fullName: string, number: number, label: string, by = first): Promise<void> {
      clock.notice()
      if (!has(fullName, number, label)) return
      await told.after({ event: 'issues.unlabeled', in: fullName, number }, () =>
        act(by, 'DELETE', at(fullName, number, `/labels/${encodeURIComponent(label)}`)),
      )
    },

    async comment(fullName: string, number: number, body: string, by = first): Promise<number> {
      clock.notice()
      const made = await told.after({ event: 'issue_comment.created', in: fullName, number }, () =>
        act<Comment>(by, 'POST', at(fullName, number, '/comments'), { body }),
      )
      return made.id
    },

    async deleteComment(fullName: string, id: number, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'issue_comment.deleted', in: fullName }, () =>
        act(by, 'DELETE', `/repos/${fullName}/issues/comments/${id}`),
      )
    },

    async editComment(fullName: string, id: number, body: string, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'issue_comment.edited', in: fullName }, () =>
        act(by, 'PATCH', `/repos/${fullName}/issues/comments/${id}`, { body }),
      )
    },

    async closeIssue(
      fullName: string,
      number: number,
      reason: 'completed' | 'not_planned' = 'completed',
      by = first,
    ): Promise<void> {
      clock.notice()
      await told.after({ event: 'issues.closed', in: fullName, number }, () =>
        act(by, 'PATCH', at(fullName, number), { state: 'closed', state_reason: reason }),
      )
    },

    async reopenIssue(fullName: string, number: number, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'issues.reopened', in: fullName, number }, () =>
        act(by, 'PATCH', at(fullName, number), { state: 'open', state_reason: 'reopened' }),
      )
    },

    /** Deletes an issue: from here on it answers 410. */
    deleteIssue(fullName: string, number: number, by = first): void {
      const issue = world.issues.get(`${fullName}#${number}`)
      world.gone.add(`${fullName}#${number}`)
      told.tell('issues', { action: 'deleted', issue }, fullName, by)
    },

    /** Moves an issue to another repository, where it gets a new number. */
    async transferIssue(fullName: string, number: number, to: string, by = first): Promise<number> {
      const issue = world.issues.get(`${fullName}#${number}`)
      const next = await act<Issue>(by, 'POST', `/repos/${to}/issues`, { title: issue?.title, body: issue?.body })
      world.gone.add(`${fullName}#${number}`)
      const changes = { new_issue: next, new_repository: repositoryOf(world, to) }
      told.tell('issues', { action: 'transferred', changes, issue }, fullName, by)
      return next.number
    },

    async head(fullName: string, branch: string): Promise<string> {
      const tip = await act<{ commit: { sha: string } }>(first, 'GET', `/repos/${fullName}/branches/${branch}`)
      return tip.commit.sha
    },

    /** Creates a branch with one commit of its own, and answers its head. */
    async createBranch(fullName: string, branch: string, by = first): Promise<string> {
      const from = await people.head(fullName, repositoryOf(world, fullName).default_branch)
      await act(by, 'POST', `/repos/${fullName}/git/refs`, { ref: `refs/heads/${branch}`, sha: from })
      return people.push(fullName, branch, { by })
    },

    /** Pushes a commit; the branch's open pull requests move with it. */
    async push(fullName: string, branch: string, { by = first, message = `Work on ${branch}` } = {}): Promise<string> {
      clock.notice()
      const before = await people.head(fullName, branch)
      const pulls = [...world.pulls]
        .filter(([key, pull]) => key.startsWith(`${fullName}#`) && pull.state === 'open' && pull.head.ref === branch)
        .map(([, pull]) => pull)
      if (pulls.length === 0) {
        const parent = await act<{ tree: { sha: string } }>(by, 'GET', `/repos/${fullName}/git/commits/${before}`)
        const commit = { message: `${message} (${world.nextId()})`, tree: parent.tree.sha, parents: [before] }
        const { sha } = await act<{ sha: string }>(by, 'POST', `/repos/${fullName}/git/commits`, commit)
        await act(by, 'PATCH', `/repos/${fullName}/git/refs/heads/${branch}`, { sha })
        return sha
      }
      // The emulator moves a pull request's head only when its branch is brought up to date.
      for (const { number } of pulls) {
        await act(by, 'PUT', `/repos/${fullName}/pulls/${number}/update-branch`, {})
        const pull = await act<PullRequest>(by, 'GET', `/repos/${fullName}/pulls/${number}`)
        told.tell(
          'pull_request',
          { action: 'synchronize', number, before, after: pull.head.sha, pull_request: pull },
          fullName,
          by,
        )
      }
      return people.head(fullName, branch)
    },

    async openPullRequest(
      fullName: string,
      pull: { branch: string; title: string; body?: string; draft?: boolean; by?: string },
    ): Promise<number> {
      clock.notice()
      const { branch, by = first, ...rest } = pull
      const base = repositoryOf(world, fullName).default_branch
      const opened = await told.after(
        { event: 'pull_request.opened', in: fullName, number: (made: { number: number }) => made.number },
        () => act<PullRequest>(by, 'POST', `/repos/${fullName}/pulls`, { ...rest, head: branch, base }),
      )
      return opened.number
    },

    /** Links a pull request to an issue by hand: GitHub tells nobody. */
    link(fullName: string, pull: number, issue: number): void {
      const key = `${fullName}#${pull}`
      world.links.set(key, (world.links.get(key) ?? new Set()).add(issue))
    },

    async editPullRequest(
      fullName: string,
      number: number,
      change: { title?: string; body?: string },
      by = first,
    ): Promise<void> {
      clock.notice()
      await told.after({ event: 'pull_request.edited', in: fullName, number }, () =>
        act(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, change),
      )
    },

    async readyForReview(fullName: string, number: number, by = first): Promise<void> {
      clock.notice()
      const pull = await act<PullRequest>(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, { draft: false })
      told.tell('pull_request', { action: 'ready_for_review', number, pull_request: pull }, fullName, by)
    },

    async closePullRequest(fullName: string, number: number, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'pull_request.closed', in: fullName, number }, () =>
        act(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, { state: 'closed' }),
      )
    },

    async reopenPullRequest(fullName: string, number: number, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'pull_request.reopened', in: fullName, number }, () =>
        act(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, { state: 'open' }),
      )
    },

    async review(fullName: string, number: number, verdict: Verdict, { by = first, body = '' } = {}): Promise<number> {
      clock.notice()
      const review = { event: REVIEW_EVENTS[verdict], body }
      const made = await told.after({ event: 'pull_request_review.submitted', in: fullName, number }, () =>
        act<{ id: number }>(by, 'POST', `/repos/${fullName}/pulls/${number}/reviews`, review),
      )
      return made.id
    },

    async dismissReview(fullName: string, number: number, id: number, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'pull_request_review.dismissed', in: fullName, number }, () =>
        act(by, 'PUT', `/repos/${fullName}/pulls/${number}/reviews/${id}/dismissals`, { message: 'Answered' }),
      )
    },

    /** Merges, and closes the issues that the pull request closes. */
    async merge(fullName: string, number: number, by = first): Promise<void> {
      clock.notice()
      await told.after({ event: 'pull_request.closed', in: fullName, number }, () =>
        act(by, 'PUT', `/repos/${fullName}/pulls/${number}/merge`, {}),
      )
      const pull = world.pulls.get(`${fullName}#${number}`)
      for (const issue of pull ? closedBy(world, fullName, pull) : []) {
        if (world.issues.get(`${fullName}#${issue}`)?.state === 'open')
          await people.closeIssue(fullName, issue, 'completed', by)
      }
    },
  }
  return people
}
