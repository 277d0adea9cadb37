// GitHub's answers are eventually consistent: what was just made may not be there yet, and one server may say "no" where the
// next has it. So nothing, and no for an answer, count only when GitHub says so again some seconds later.
import type { Gap } from '../github/graphql.ts'
import type { Answer, Question } from '../pipeline/model/questions.ts'

/** GitHub's answer, the parts that it left out, and whether it does not know what was asked about. */
export type AnswerRead = { readonly answer: Answer; readonly gaps: readonly Gap[]; readonly isNotFound?: boolean }

/** What of an answer counts now (null: nothing yet), and after how long GitHub is asked again; null when this is final. */
export type Verdict = { readonly credible: Answer | null; readonly againAfterMs: number | null }

/** `doubts` is how often the same question was already asked in vain. */
export function judgeAnswer(question: Question, read: AnswerRead, doubts: number): Verdict {
  const { answer } = read
  const againAfterMs = ASK_AGAIN_AFTER_MS[answer.about][doubts] ?? null
  if (againAfterMs === null || isCertain(question, read)) return { credible: answer, againAfterMs: null }
  return { credible: crediblePart(answer), againAfterMs }
}

/** Until it is answered nothing new starts in the repository, so it is asked until there is an answer. */
export function isAboutPresence({ about }: Question): boolean {
  return about === 'repository' || about === 'installation'
}

/** After a push or a link, GitHub shows it within seconds; a minute is generous. */
const ASK_AGAIN_AFTER_MS = {
  issue: [10_000],
  configuration: [10_000, 50_000],
  pull_request: [10_000, 50_000],
  run: [10_000, 50_000],
  permission: [10_000],
  comment: [10_000],
  workflow: [10_000],
  repository: [5_000],
  installation: [5_000],
} as const satisfies Record<Answer['about'], readonly number[]>

function isCertain(question: Question, { answer, gaps, isNotFound = false }: AnswerRead): boolean {
  switch (answer.about) {
    case 'issue':
      return answer.configuration?.source === 'repository' && !gaps.some(({ isTemporary }) => isTemporary)
    case 'configuration': {
      const pushed = question.about === 'configuration' ? question.pushedSha : undefined
      return answer.source === 'repository' && (pushed === undefined || pushed === answer.headSha)
    }
    case 'pull_request':
      // Links that were just added or taken away come late as well.
      return false
    case 'run':
      return answer.run !== null
    case 'permission':
    case 'comment':
      return !isNotFound
    case 'workflow':
      return answer.cause === null
    case 'repository': {
      if (question.about !== 'repository') return true
      const isThere = answer.installation !== null && answer.description?.archived !== true
      const isOld = (answer.description?.updatedAt ?? question.since ?? '') < (question.since ?? '')
      return !isOld && isThere === (question.says === 'there')
    }
    case 'installation':
      return question.about === 'installation' && answer.state === question.says
  }
}

function crediblePart(answer: Answer): Answer | null {
  switch (answer.about) {
    case 'issue': {
      const { configuration, ...rest } = answer
      return configuration?.source === 'repository' ? answer : rest
    }
    case 'configuration':
      return answer.source === 'repository' ? answer : null
    case 'pull_request':
      if (answer.closes !== null && answer.closes.length > 0) return answer
      return answer.pullRequest === null ? null : { ...answer, closes: null }
    case 'run':
      return answer.run === null ? null : answer
    case 'permission':
    case 'comment':
    case 'workflow':
    case 'repository':
    case 'installation':
      return null
  }
}
