import type { GitHub } from '../github/client.ts'
import type { ConfigurationFile } from '../github/repository-files.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Configuration, Question } from '../pipeline/model/questions.ts'
import type { ReadReceipt } from '../translate/fields.ts'
import type { AnswerRead } from './ask-again.ts'
import { whyNotStartable } from './check-workflow.ts'

/**
 * Asks GitHub. The receipt says which question was asked and when; `organisation` is the owner's repository for files
 * that all its repositories share. Throws GitHubFailure.
 */
export async function askGitHub(
  github: GitHub,
  access: RepositoryAccess,
  organisation: RepositoryAccess | null,
  question: Question,
  receipt: ReadReceipt,
): Promise<AnswerRead> {
  switch (question.about) {
    case 'issue': {
      const { gaps, ...read } = await github.readIssue(access, question.issueNumber, receipt)
      const configuration = configurationOf(await github.readConfiguration(access, organisation))
      return { answer: { about: 'issue', ...read, configuration }, gaps }
    }
    case 'pull_request': {
      const { gaps, ...read } = await github.readPullRequest(access, question.pullRequestNumber, receipt)
      return { answer: { about: 'pull_request', ...read }, gaps }
    }
    case 'permission': {
      const role = await github.readRole(access, question.login, question.userId)
      return { answer: { about: 'permission', role: role ?? 'none' }, gaps: [], isNotFound: role === null }
    }
    case 'comment': {
      const cameByEmail = await github.readCameByEmail(access, question.check.nodeId)
      // Nothing in a comment that is gone is obeyed.
      const answer = { about: 'comment', cameByEmail: cameByEmail ?? true } as const
      return { answer, gaps: [], isNotFound: cameByEmail === null }
    }
    case 'run':
      return { answer: { about: 'run', run: await github.readRun(access, question, receipt) }, gaps: [] }
    case 'workflow': {
      const state = await github.readWorkflowState(access, question.workflow)
      const file = await github.readWorkflow(access, question.workflow)
      return { answer: { about: 'workflow', cause: whyNotStartable(state, file) }, gaps: [] }
    }
    case 'configuration': {
      const file = await github.readConfiguration(access, organisation)
      return { answer: { about: 'configuration', ...file }, gaps: [] }
    }
    case 'repository':
      return { answer: { about: 'repository', ...(await github.readRepository(access)) }, gaps: [] }
    case 'installation': {
      const read = await github.readInstallation(question.installationId)
      const [state, account] = [read?.state ?? 'removed', read?.account ?? null] as const
      return { answer: { about: 'installation', state, account }, gaps: [] }
    }
  }
}

function configurationOf({ text, sha, source }: ConfigurationFile): Configuration | null {
  return text === null || sha === null || source === null ? null : { text, sha, source }
}
