// The actions of people and agents. Each resolves when it is done and its delivery is queued.
import { createComment, deleteComment, editComment } from './issue-comments.ts'
import { issueJson } from './payloads.ts'
import { openPullRequestActions } from './pull-request-actions.ts'
import type { Webhooks } from './webhooks.ts'
import { type Issue, issuesClosedBy, repositoryOf, type User, userOf, type World } from './world.ts'

export type UserActions = ReturnType<typeof openUserActions>

export function openUserActions(o: { world: World; webhooks: Webhooks; defaultUser: string }) {
  const { world, webhooks, defaultUser } = o

  function issueOf(fullName: string, number: number): Issue {
    const issue = world.issues.get(`${fullName}#${number}`)
    if (!issue) throw new Error(`there is no issue ${fullName}#${number} here`)
    return issue
  }

  function createIssue(
    fullName: string,
    o: { title: string; body: string | null; by: string; number?: number | undefined },
  ): Issue {
    const repository = repositoryOf(world, fullName)
    const { title, body, by } = o
    const user = userOf(world, by)
    const issue = issueJson(world, repository, {
      number: o.number ?? world.nextNumber(repository.id),
      title,
      body,
      user,
    })
    world.issues.set(`${fullName}#${issue.number}`, issue)
    return issue
  }

  /** Stores the change and delivers it. */
  function changeIssue(
    fullName: string,
    number: number,
    action: string,
    change: Partial<Issue>,
    o: { by: string; extra?: object },
  ): void {
    const issue = { ...issueOf(fullName, number), ...change, updated_at: world.clock.nowIso() }
    world.issues.set(`${fullName}#${number}`, issue)
    webhooks.send('issues', { action, issue, ...o.extra }, fullName, o.by)
  }

  const people = {
    async openIssue(
      fullName: string,
      issue: { title: string; body?: string; by?: string; labels?: readonly string[]; number?: number },
    ): Promise<number> {
      const { title, body = null, labels = [], by = defaultUser, number } = issue
      const opened = createIssue(fullName, { title, body, by, number })
      webhooks.send('issues', { action: 'opened', issue: opened }, fullName, by)
      for (const label of labels) await people.label(fullName, opened.number, label, by)
      return opened.number
    },

    async editIssue(
      fullName: string,
      number: number,
      change: { title?: string; body?: string },
      by = defaultUser,
    ): Promise<void> {
      changeIssue(fullName, number, 'edited', change, { by })
    },

    async lock(fullName: string, number: number, by = defaultUser): Promise<void> {
      world.lockedIssues.add(`${fullName}#${number}`)
      changeIssue(fullName, number, 'locked', { locked: true, active_lock_reason: null }, { by })
    },

    async unlock(fullName: string, number: number, by = defaultUser): Promise<void> {
      world.lockedIssues.delete(`${fullName}#${number}`)
      changeIssue(fullName, number, 'unlocked', { locked: false, active_lock_reason: null }, { by })
    },

    async label(fullName: string, number: number, name: string, by = defaultUser): Promise<void> {
      const { labels } = issueOf(fullName, number)
      if (labels.some((known) => known.name === name)) return
      const id = world.nextIdOf('label')
      const label = { id, node_id: `LA_${id}`, name, description: null, color: 'c7372e', default: false }
      const key = `${fullName}#${number}`
      const event = { label: name, by, at: world.clock.nowIso() }
      world.labelEvents.set(key, [...(world.labelEvents.get(key) ?? []), event])
      changeIssue(fullName, number, 'labeled', { labels: [...labels, label] }, { by, extra: { label } })
    },

    async unlabel(fullName: string, number: number, name: string, by = defaultUser): Promise<void> {
      const { labels } = issueOf(fullName, number)
      const label = labels.find((known) => known.name === name)
      if (!label) return
      const left = labels.filter((known) => known !== label)
      changeIssue(fullName, number, 'unlabeled', { labels: left }, { by, extra: { label } })
    },

    async comment(fullName: string, number: number, body: string, by = defaultUser): Promise<number> {
      return createComment(world, webhooks, { fullName, number, body, by }).id
    },

    /** Comments by a reply to a notification's e-mail. */
    async mail(fullName: string, number: number, body: string, by = defaultUser): Promise<number> {
      return createComment(world, webhooks, { fullName, number, body, by, viaEmail: true }).id
    },

    async editComment(fullName: string, id: number, body: string, by = defaultUser): Promise<void> {
      editComment(world, webhooks, { fullName, id, body, by })
    },

    async deleteComment(fullName: string, id: number, by = defaultUser): Promise<void> {
      deleteComment(world, webhooks, { fullName, id, by })
    },

    async closeIssue(
      fullName: string,
      number: number,
      reason: 'completed' | 'not_planned' = 'completed',
      by = defaultUser,
    ): Promise<void> {
      const change = { state: 'closed', state_reason: reason, closed_at: world.clock.nowIso() } as const
      changeIssue(fullName, number, 'closed', change, { by })
    },

    /** Assigns an issue to these people and to nobody else; GitHub sends a delivery for each of them. */
    async assign(fullName: string, number: number, logins: readonly string[], by = defaultUser): Promise<void> {
      const assigned = () => issueOf(fullName, number).assignees
      const change = (action: 'assigned' | 'unassigned', assignee: User, assignees: readonly User[]) =>
        changeIssue(
          fullName,
          number,
          action,
          { assignees, assignee: assignees[0] ?? null },
          { by, extra: { assignee } },
        )
      for (const user of assigned())
        if (!logins.includes(user.login))
          change(
            'unassigned',
            user,
            assigned().filter((other) => other !== user),
          )
      for (const login of logins)
        if (!assigned().some((user) => user.login === login)) {
          const user = userOf(world, login)
          change('assigned', user, [...assigned(), user])
        }
    },

    async reopenIssue(fullName: string, number: number, by = defaultUser): Promise<void> {
      const change = { state: 'open', state_reason: 'reopened', closed_at: null } as const
      changeIssue(fullName, number, 'reopened', change, { by })
    },

    /** Deletes an issue: from then on GitHub answers 410. */
    deleteIssue(fullName: string, number: number, by = defaultUser): void {
      const issue = issueOf(fullName, number)
      world.deletedIssues.add(`${fullName}#${number}`)
      webhooks.send('issues', { action: 'deleted', issue }, fullName, by)
    },

    /** Moves an issue to another repository, where it gets a new number. */
    async transferIssue(fullName: string, number: number, to: string, by = defaultUser): Promise<number> {
      const issue = issueOf(fullName, number)
      const next = createIssue(to, { title: issue.title, body: issue.body, by })
      webhooks.send('issues', { action: 'opened', issue: next }, to, by)
      world.deletedIssues.add(`${fullName}#${number}`)
      const changes = { new_issue: next, new_repository: repositoryOf(world, to) }
      webhooks.send('issues', { action: 'transferred', changes, issue }, fullName, by)
      return next.number
    },
  }

  const pulls = openPullRequestActions(o)
  return {
    ...people,
    ...pulls,
    /** Merges, and closes the issues that the pull request closes. */
    async merge(fullName: string, number: number, by = defaultUser): Promise<void> {
      const pull = pulls.mergeOnly(fullName, number, by)
      for (const issue of issuesClosedBy(world, fullName, pull)) {
        if (issueOf(fullName, issue).state === 'open') await people.closeIssue(fullName, issue, 'completed', by)
      }
    },
  }
}
