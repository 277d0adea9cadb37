// The verbs of people and agents. Each resolves when its deed is done and its delivery is on the way.
import type { Webhooks } from './webhooks.ts'
import { type Comment, type Issue, issuesClosedBy, type PullRequest, repositoryOf, type World } from './world.ts'

export type UserActions = ReturnType<typeof openUserActions>

const REVIEW_EVENTS = { approve: 'APPROVE', 'request changes': 'REQUEST_CHANGES', comment: 'COMMENT' } as const
export type ReviewVerdict = keyof typeof REVIEW_EVENTS

export function openUserActions(o: { world: World; told: Webhooks; defaultUser: string }) {
  const { world, told, defaultUser } = o
  const { requestAs } = world.emulator
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
      clock.sync()
      const { labels = [], by = defaultUser, ...rest } = issue
      const opened = await told.awaitDelivery(
        { event: 'issues.opened', repository: fullName, number: (made: { number: number }) => made.number },
        () => requestAs<Issue>(by, 'POST', `/repos/${fullName}/issues`, rest),
      )
      for (const label of labels) await people.label(fullName, opened.number, label, by)
      return opened.number
    },

    async editIssue(
      fullName: string,
      number: number,
      change: { title?: string; body?: string },
      by = defaultUser,
    ): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'issues.edited', repository: fullName, number }, () =>
        requestAs(by, 'PATCH', at(fullName, number), change),
      )
    },

    async label(fullName: string, number: number, label: string, by = defaultUser): Promise<void> {
      clock.sync()
      if (has(fullName, number, label)) return
      await told.awaitDelivery({ event: 'issues.labeled', repository: fullName, number }, () =>
        requestAs(by, 'POST', at(fullName, number, '/labels'), { labels: [label] }),
      )
    },

    async unlabel(fullName: string, number: number, label: string, by = defaultUser): Promise<void> {
      clock.sync()
      if (!has(fullName, number, label)) return
      await told.awaitDelivery({ event: 'issues.unlabeled', repository: fullName, number }, () =>
        requestAs(by, 'DELETE', at(fullName, number, `/labels/${encodeURIComponent(label)}`)),
      )
    },

    async comment(fullName: string, number: number, body: string, by = defaultUser): Promise<number> {
      clock.sync()
      const made = await told.awaitDelivery({ event: 'issue_comment.created', repository: fullName, number }, () =>
        requestAs<Comment>(by, 'POST', at(fullName, number, '/comments'), { body }),
      )
      return made.id
    },

    async deleteComment(fullName: string, id: number, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'issue_comment.deleted', repository: fullName }, () =>
        requestAs(by, 'DELETE', `/repos/${fullName}/issues/comments/${id}`),
      )
    },

    async editComment(fullName: string, id: number, body: string, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'issue_comment.edited', repository: fullName }, () =>
        requestAs(by, 'PATCH', `/repos/${fullName}/issues/comments/${id}`, { body }),
      )
    },

    async closeIssue(
      fullName: string,
      number: number,
      reason: 'completed' | 'not_planned' = 'completed',
      by = defaultUser,
    ): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'issues.closed', repository: fullName, number }, () =>
        requestAs(by, 'PATCH', at(fullName, number), { state: 'closed', state_reason: reason }),
      )
    },

    async reopenIssue(fullName: string, number: number, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'issues.reopened', repository: fullName, number }, () =>
        requestAs(by, 'PATCH', at(fullName, number), { state: 'open', state_reason: 'reopened' }),
      )
    },

    /** Deletes an issue: from here on it answers 410. */
    deleteIssue(fullName: string, number: number, by = defaultUser): void {
      const issue = world.issues.get(`${fullName}#${number}`)
      world.deletedIssues.add(`${fullName}#${number}`)
      told.send('issues', { action: 'deleted', issue }, fullName, by)
    },

    /** Moves an issue to another repository, where it gets a new number. */
    async transferIssue(fullName: string, number: number, to: string, by = defaultUser): Promise<number> {
      const issue = world.issues.get(`${fullName}#${number}`)
      const next = await requestAs<Issue>(by, 'POST', `/repos/${to}/issues`, { title: issue?.title, body: issue?.body })
      world.deletedIssues.add(`${fullName}#${number}`)
      const changes = { new_issue: next, new_repository: repositoryOf(world, to) }
      told.send('issues', { action: 'transferred', changes, issue }, fullName, by)
      return next.number
    },

    async headSha(fullName: string, branch: string): Promise<string> {
      const tip = await requestAs<{ commit: { sha: string } }>(
        defaultUser,
        'GET',
        `/repos/${fullName}/branches/${branch}`,
      )
      return tip.commit.sha
    },

    /** Creates a branch with one commit of its own, and answers its head. */
    async createBranch(fullName: string, branch: string, by = defaultUser): Promise<string> {
      const from = await people.headSha(fullName, repositoryOf(world, fullName).default_branch)
      await requestAs(by, 'POST', `/repos/${fullName}/git/refs`, { ref: `refs/heads/${branch}`, sha: from })
      return people.push(fullName, branch, { by })
    },

    /** Pushes a commit; the branch's open pull requests move with it. */
    async push(
      fullName: string,
      branch: string,
      { by = defaultUser, message = `Work on ${branch}` } = {},
    ): Promise<string> {
      clock.sync()
      const before = await people.headSha(fullName, branch)
      const pulls = [...world.pullRequests]
        .filter(([key, pull]) => key.startsWith(`${fullName}#`) && pull.state === 'open' && pull.head.ref === branch)
        .map(([, pull]) => pull)
      if (pulls.length === 0) {
        const parent = await requestAs<{ tree: { sha: string } }>(by, 'GET', `/repos/${fullName}/git/commits/${before}`)
        const commit = { message: `${message} (${world.nextId()})`, tree: parent.tree.sha, parents: [before] }
        const { sha } = await requestAs<{ sha: string }>(by, 'POST', `/repos/${fullName}/git/commits`, commit)
        await requestAs(by, 'PATCH', `/repos/${fullName}/git/refs/heads/${branch}`, { sha })
        return sha
      }
      // The emulator moves a pull request's head only when its branch is brought up to date.
      for (const { number } of pulls) {
        await requestAs(by, 'PUT', `/repos/${fullName}/pulls/${number}/update-branch`, {})
        const pull = await requestAs<PullRequest>(by, 'GET', `/repos/${fullName}/pulls/${number}`)
        told.send(
          'pull_request',
          { action: 'synchronize', number, before, after: pull.head.sha, pull_request: pull },
          fullName,
          by,
        )
      }
      return people.headSha(fullName, branch)
    },

    async openPullRequest(
      fullName: string,
      pull: { branch: string; title: string; body?: string; draft?: boolean; by?: string },
    ): Promise<number> {
      clock.sync()
      const { branch, by = defaultUser, ...rest } = pull
      const base = repositoryOf(world, fullName).default_branch
      const opened = await told.awaitDelivery(
        { event: 'pull_request.opened', repository: fullName, number: (made: { number: number }) => made.number },
        () => requestAs<PullRequest>(by, 'POST', `/repos/${fullName}/pulls`, { ...rest, head: branch, base }),
      )
      return opened.number
    },

    /** Links a pull request to an issue by hand: GitHub tells nobody. */
    linkIssue(fullName: string, pull: number, issue: number): void {
      const key = `${fullName}#${pull}`
      world.linkedIssues.set(key, (world.linkedIssues.get(key) ?? new Set()).add(issue))
    },

    async editPullRequest(
      fullName: string,
      number: number,
      change: { title?: string; body?: string },
      by = defaultUser,
    ): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'pull_request.edited', repository: fullName, number }, () =>
        requestAs(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, change),
      )
    },

    async readyForReview(fullName: string, number: number, by = defaultUser): Promise<void> {
      clock.sync()
      const pull = await requestAs<PullRequest>(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, { draft: false })
      told.send('pull_request', { action: 'ready_for_review', number, pull_request: pull }, fullName, by)
    },

    async closePullRequest(fullName: string, number: number, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'pull_request.closed', repository: fullName, number }, () =>
        requestAs(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, { state: 'closed' }),
      )
    },

    async reopenPullRequest(fullName: string, number: number, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'pull_request.reopened', repository: fullName, number }, () =>
        requestAs(by, 'PATCH', `/repos/${fullName}/pulls/${number}`, { state: 'open' }),
      )
    },

    async review(
      fullName: string,
      number: number,
      verdict: ReviewVerdict,
      { by = defaultUser, body = '' } = {},
    ): Promise<number> {
      clock.sync()
      const review = { event: REVIEW_EVENTS[verdict], body }
      const made = await told.awaitDelivery(
        { event: 'pull_request_review.submitted', repository: fullName, number },
        () => requestAs<{ id: number }>(by, 'POST', `/repos/${fullName}/pulls/${number}/reviews`, review),
      )
      return made.id
    },

    async dismissReview(fullName: string, number: number, id: number, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'pull_request_review.dismissed', repository: fullName, number }, () =>
        requestAs(by, 'PUT', `/repos/${fullName}/pulls/${number}/reviews/${id}/dismissals`, { message: 'Answered' }),
      )
    },

    /** Merges, and closes the issues that the pull request closes. */
    async merge(fullName: string, number: number, by = defaultUser): Promise<void> {
      clock.sync()
      await told.awaitDelivery({ event: 'pull_request.closed', repository: fullName, number }, () =>
        requestAs(by, 'PUT', `/repos/${fullName}/pulls/${number}/merge`, {}),
      )
      const pull = world.pullRequests.get(`${fullName}#${number}`)
      for (const issue of pull ? issuesClosedBy(world, fullName, pull) : []) {
        if (world.issues.get(`${fullName}#${issue}`)?.state === 'open')
          await people.closeIssue(fullName, issue, 'completed', by)
      }
    },
  }
  return people
}
