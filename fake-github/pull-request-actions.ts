// What people and agents do to branches and pull requests.
import { pullRequestJson, reviewJson } from './payloads.ts'
import type { Webhooks } from './webhooks.ts'
import { type PullRequest, type Review, repositoryOf, userOf, type World } from './world.ts'

const REVIEW_STATES = {
  approve: 'approved',
  'request changes': 'changes_requested',
  comment: 'commented',
} as const
export type ReviewVerdict = keyof typeof REVIEW_STATES

export function openPullRequestActions(o: { world: World; webhooks: Webhooks; defaultUser: string }) {
  const { world, webhooks, defaultUser } = o

  function pullOf(fullName: string, number: number): PullRequest {
    const pull = world.pullRequests.get(`${fullName}#${number}`)
    if (!pull) throw new Error(`there is no pull request ${fullName}#${number} here`)
    return pull
  }

  function headOf(fullName: string, branch: string): string {
    const sha = world.git.head(repositoryOf(world, fullName).id, branch)
    if (sha === null) throw new Error(`there is no branch ${branch} in ${fullName}`)
    return sha
  }

  /** Stores the change and delivers it. */
  function changePull(
    fullName: string,
    number: number,
    action: string,
    change: Partial<PullRequest>,
    o: { by: string; extra?: object },
  ): PullRequest {
    const pull = { ...pullOf(fullName, number), ...change, updated_at: world.clock.nowIso() }
    world.pullRequests.set(`${fullName}#${number}`, pull)
    webhooks.send('pull_request', { action, number, pull_request: pull, ...o.extra }, fullName, o.by)
    return pull
  }

  function changeReview(fullName: string, number: number, action: string, review: Review, by: string): void {
    const key = `${fullName}#${number}`
    const others = (world.reviews.get(key) ?? []).filter(({ id }) => id !== review.id)
    world.reviews.set(
      key,
      [...others, review].toSorted((one, other) => one.id - other.id),
    )
    const payload = { action, review, pull_request: pullOf(fullName, number) }
    webhooks.send('pull_request_review', payload, fullName, by)
  }

  const actions = {
    async headSha(fullName: string, branch: string): Promise<string> {
      return headOf(fullName, branch)
    },

    /** Creates a branch with one commit of its own, and returns its head. */
    async createBranch(fullName: string, branch: string, by = defaultUser): Promise<string> {
      const repository = repositoryOf(world, fullName)
      const before = headOf(fullName, repository.default_branch)
      const after = world.git.commit(repository.id, branch)
      deliverPush(fullName, branch, { before, after, by })
      return after
    },

    /** Pushes a commit; the branch's open pull requests move with it. */
    async push(fullName: string, branch: string, { by = defaultUser } = {}): Promise<string> {
      const before = headOf(fullName, branch)
      const after = world.git.commit(repositoryOf(world, fullName).id, branch)
      const pulls = [...world.pullRequests]
        .filter(([key, pull]) => key.startsWith(`${fullName}#`) && pull.state === 'open' && pull.head.ref === branch)
        .map(([, pull]) => pull)
      if (pulls.length === 0) deliverPush(fullName, branch, { before, after, by })
      for (const { number, head } of pulls)
        changePull(fullName, number, 'synchronize', { head: { ...head, sha: after } }, { by, extra: { before, after } })
      return after
    },

    async openPullRequest(
      fullName: string,
      pull: { branch: string; title: string; body?: string; draft?: boolean; by?: string; fromFork?: boolean },
    ): Promise<number> {
      const { branch, title, body = null, draft = false, by = defaultUser, fromFork = false } = pull
      const repository = repositoryOf(world, fullName)
      const number = world.nextNumber(repository.id)
      const user = userOf(world, by)
      const headSha = headOf(fullName, branch)
      const facts = { number, title, body, draft, user, branch, headSha, fromFork }
      const opened = pullRequestJson(world, repository, facts)
      world.pullRequests.set(`${fullName}#${number}`, opened)
      webhooks.send('pull_request', { action: 'opened', number, pull_request: opened }, fullName, by)
      return number
    },

    /** Links a pull request to an issue by hand: GitHub delivers nothing. */
    linkIssue(fullName: string, pull: number, issue: number): void {
      const key = `${fullName}#${pull}`
      world.linkedIssues.set(key, (world.linkedIssues.get(key) ?? new Set()).add(issue))
    },

    async readyForReview(fullName: string, number: number, by = defaultUser): Promise<void> {
      changePull(fullName, number, 'ready_for_review', { draft: false }, { by })
    },

    async convertToDraft(fullName: string, number: number, by = defaultUser): Promise<void> {
      changePull(fullName, number, 'converted_to_draft', { draft: true }, { by })
    },

    async editPullRequest(
      fullName: string,
      number: number,
      change: { title?: string; body?: string },
      by = defaultUser,
    ): Promise<void> {
      changePull(fullName, number, 'edited', change, { by })
    },

    /** Closes without merging. */
    async closePullRequest(fullName: string, number: number, by = defaultUser): Promise<void> {
      changePull(fullName, number, 'closed', { state: 'closed', closed_at: world.clock.nowIso() }, { by })
    },

    async reopenPullRequest(fullName: string, number: number, by = defaultUser): Promise<void> {
      changePull(fullName, number, 'reopened', { state: 'open', closed_at: null }, { by })
    },

    async review(
      fullName: string,
      number: number,
      verdict: ReviewVerdict,
      { by = defaultUser, body = '' } = {},
    ): Promise<number> {
      const state = REVIEW_STATES[verdict]
      const review = reviewJson(world, pullOf(fullName, number), { user: userOf(world, by), body, state })
      changeReview(fullName, number, 'submitted', review, by)
      return review.id
    },

    async dismissReview(fullName: string, number: number, id: number, by = defaultUser): Promise<void> {
      const review = world.reviews.get(`${fullName}#${number}`)?.find((known) => known.id === id)
      if (!review) throw new Error(`there is no review ${id} of ${fullName}#${number}`)
      changeReview(fullName, number, 'dismissed', { ...review, state: 'dismissed' }, by)
    },

    /** Merges; the issues it closes stay open. */
    mergeOnly(fullName: string, number: number, by = defaultUser): PullRequest {
      const { draft, state, base } = pullOf(fullName, number)
      if (draft || state !== 'open') throw new Error(`${fullName}#${number} cannot be merged`)
      const at = world.clock.nowIso()
      const merge_commit_sha = world.git.commit(repositoryOf(world, fullName).id, base.ref)
      const ended = { state: 'closed', merged: true, merged_at: at, closed_at: at } as const
      return changePull(
        fullName,
        number,
        'closed',
        { ...ended, merge_commit_sha, merged_by: userOf(world, by) },
        { by },
      )
    },
  }
  return actions

  function deliverPush(fullName: string, branch: string, o: { before: string; after: string; by: string }): void {
    const { before, after, by } = o
    webhooks.send('push', { ref: `refs/heads/${branch}`, before, after, ...NO_FLAGS, commits: [] }, fullName, by)
  }
}

const NO_FLAGS = { created: false, deleted: false, forced: false }
