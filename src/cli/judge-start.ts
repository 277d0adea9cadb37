// What the start label would start on an issue, and what is in the way: GitHub is asked as Andon would ask it once the label is
// set, the start is rehearsed, and the workflow that would be dispatched is looked at.
import type { StartRehearsal, StartToRehearse } from '../apply/rehearse-start.ts'
import type { GitHub } from '../github/client.ts'
import { GitHubFailure } from '../github/failure.ts'
import { findRepositoryByName } from '../github/named-repository.ts'
import type { RepositoryAccess, SendRequest } from '../github/request.ts'
import { askGitHub } from '../outbox/ask-github.ts'
import type { Role } from '../pipeline/model/questions.ts'
import { headlineOf } from '../pipeline/view/light.ts'
import { describeDispatch } from '../render/dispatch-reason.ts'
import { describeReason } from '../render/reason.ts'
import { describePermission } from '../text/describe-permission.ts'
import type { NamedRepository } from '../translate/installation-reads.ts'
import { missingPermissions } from '../translate/required-permissions.ts'

/** An issue, and who would set the label; null for somebody who may write. */
export type CanaryQuestion = {
  readonly owner: string
  readonly name: string
  readonly issueNumber: number
  readonly by: string | null
}

/** What would start; or why nothing would, each reason a sentence. */
export type CanaryVerdict = {
  readonly label: string | null
  readonly title: string | null
  readonly start: {
    readonly stage: string
    readonly attempt: number
    readonly workflow: string
    readonly ref: string
    readonly inputs: Readonly<Record<string, string>>
  } | null
  readonly reasons: readonly string[]
}

export type JudgeStart = {
  readonly call: SendRequest
  readonly github: GitHub
  readonly rehearse: (start: StartToRehearse) => Promise<StartRehearsal>
  readonly now: () => string
}

/** What else Andon asks for, it needs later. */
const NEEDED_TO_START = { metadata: 'read', issues: 'read', contents: 'read', actions: 'write' }

/** Rejects where GitHub or the database does not answer. */
export async function judgeStart(o: JudgeStart, asked: CanaryQuestion): Promise<CanaryVerdict> {
  const { github, now } = o
  const nothing = (reason: string): CanaryVerdict => ({ label: null, title: null, start: null, reasons: [reason] })
  const found = await findRepositoryByName(o.call, asked)
  if (found === null)
    return nothing(`Andon is not installed on ${asked.owner}/${asked.name}, or there is no such repository`)
  const { installation, repository } = found
  if (repository === null) return nothing(`the installation of ${installation.account} is suspended`)
  const missing = missingPermissions(installation.permissions, NEEDED_TO_START).map(describePermission)
  if (missing.length > 0) {
    const at = installation.settingsUrl === null ? '' : `; accept them at ${installation.settingsUrl}`
    return nothing(`the installation of ${installation.account} lacks permissions (${missing.join(', ')})${at}`)
  }
  const access = { installationId: installation.id, repositoryId: repository.id, owner: asked.owner, name: asked.name }
  const start = await readStart({ github, access, asked, repository, installation, at: now() })
  if (start === null) return nothing(`there is no issue #${asked.issueNumber} in ${repository.fullName}`)
  const rehearsal = await o.rehearse(start)
  const reasons = rehearsal.problems.map((problem) => `.github/andon.yml has a mistake in ${problem}`)
  const about = { label: rehearsal.startLabel, title: start.issue.title }
  const { dispatch } = rehearsal
  if (dispatch === null) return { ...about, start: null, reasons: [...reasons, whyNothing(rehearsal)] }
  const { stage, attempt, workflow, ref, attemptKey } = dispatch
  const question = { about: 'workflow', workflow, issueNumber: asked.issueNumber, attemptKey } as const
  const { answer } = await askGitHub(github, access, null, question, receiptAt(start.at))
  const cause = answer.about === 'workflow' ? answer.cause : null
  if (cause !== null) {
    const refused = describeDispatch({ kind: 'refused', workflow, cause, words: '' })
    return { ...about, start: null, reasons: [...reasons, refused] }
  }
  const inputs = { issue: String(asked.issueNumber), andon: attemptKey }
  return { ...about, start: { stage, attempt, workflow, ref, inputs }, reasons }
}

function whyNothing({ startLabel, wasOnLine, pipeline, isConfigured }: StartRehearsal): string {
  if (startLabel === null) return 'its andon.yml names no start label: comment `/andon start` there'
  if (pipeline === null) return 'the label does not put it on the line'
  const { stage, light, reason } = headlineOf(pipeline)
  const because = reason === null ? light : describeReason(reason, stage)
  const text = `${stage} is ${light}${because === '' || because === light ? '' : `: ${because}`}`
  if (wasOnLine) return `it is on the line already, and ${text}`
  return isConfigured ? text : `there is no .github/andon.yml in force, so Andon only observes; ${text}`
}

/** All that GitHub is asked when the label is set; null if there is no such issue. */
async function readStart(o: {
  readonly github: GitHub
  readonly access: RepositoryAccess
  readonly asked: CanaryQuestion
  readonly repository: NamedRepository
  readonly installation: { readonly id: number; readonly account: string }
  readonly at: string
}): Promise<StartToRehearse | null> {
  const { github, access, asked, at } = o
  const { id, ...description } = o.repository
  const { fullName, defaultBranch, updatedAt } = description
  const ref = {
    id,
    fullName,
    private: description.private,
    defaultBranch,
    installationId: access.installationId,
    updatedAt,
  }
  const evidence = receiptAt(at)
  const organisation = { ...access, name: '.github', onlyByName: true }
  const read = (question: Parameters<typeof askGitHub>[3]) =>
    askGitHub(github, access, organisation, question, evidence)
  const ofIssue = { about: 'issue', issueNumber: asked.issueNumber } as const
  const ofFile = { about: 'configuration' } as const
  const [issue, file, role] = await Promise.all([read(ofIssue), read(ofFile), readRole(github, access, asked.by)])
  if (issue.answer.about !== 'issue' || issue.answer.issue === null) {
    const [gap] = issue.gaps
    if (gap !== undefined) throw new GitHubFailure('retryable', gap.words)
    return null
  }
  const { id: installationId, account } = o.installation
  const ofRepository = { about: 'repository', says: 'there', since: null } as const
  const state = { id: installationId, account, state: 'active' } as const
  const base = { type: 'question.answered', at, evidence, repository: ref } as const
  return {
    repository: ref,
    issue: issue.answer.issue,
    sender: asked.by ?? 'somebody-who-may-write',
    role,
    at,
    answers: [
      { ...base, question: ofRepository, answer: { about: 'repository', installation: state, description } },
      { ...base, question: ofFile, answer: file.answer },
      { ...base, question: ofIssue, answer: issue.answer },
    ],
  }
}

async function readRole(github: GitHub, access: RepositoryAccess, login: string | null): Promise<Role> {
  return login === null ? 'write' : ((await github.readRole(access, login)) ?? 'none')
}

function receiptAt(at: string) {
  return { kind: 'read', id: 'canary', at } as const
}
