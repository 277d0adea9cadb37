import type { GitHub } from '../github/client.ts'
import type { ConfigurationFile } from '../github/repository-files.ts'
import type { RepositoryAccess } from '../github/request.ts'
import type { Answer, Configuration, Question } from '../pipeline/model/effects.ts'
import type { ReadReceipt } from '../translate/fields.ts'
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
): Promise<Answer> {
  switch (question.about) {
    case 'issue': {
      const read = await github.readIssue(access, question.issueNumber, receipt)
      const configuration = configurationOf(await github.readConfiguration(access, organisation))
      return { about: 'issue', ...read, configuration }
    }
    case 'pull_request':
      return { about: 'pull_request', closes: await github.readClosingIssues(access, question.pullRequestNumber) }
    case 'permission':
      return { about: 'permission', role: await github.readRole(access, question.login) }
    case 'comment':
      return { about: 'comment', cameByEmail: await github.readCameByEmail(access, question.check.nodeId) }
    case 'run':
      return { about: 'run', run: await github.readRun(access, question.runId, receipt) }
    case 'workflow': {
      const state = await github.readWorkflowState(access, question.workflow)
      const file = await github.readWorkflow(access, question.workflow)
      return { about: 'workflow', cause: whyNotStartable(state, file) }
    }
    case 'configuration':
      return { about: 'configuration', ...(await github.readConfiguration(access, organisation)) }
  }
}

function configurationOf({ text, sha, source }: ConfigurationFile): Configuration | null {
  return text === null || sha === null || source === null ? null : { text, sha, source }
}
