// What GitHub itself did to a run, or makes it wait for, in words.
import type { EnvironmentWait } from '../pipeline/model/facts.ts'
import type { AttemptReason } from '../pipeline/model/reason.ts'

/** Why GitHub cancelled a run, after `was cancelled on GitHub`. */
export function describeExplanation({
  explanation,
  hadJobs,
}: Extract<AttemptReason, { kind: 'cancelled-on-github' }>): string {
  switch (explanation.kind) {
    case 'person':
    case 'bot':
      return ` by @${explanation.login}`
    case 'job-time-limit':
      return `: job ${explanation.job} reached its time limit`
    case 'replaced':
      return ': a newer run replaced it in its concurrency group'
    case 'deadlock':
      return ': its concurrency group waits for itself'
    case 'runner-lost':
      return `: job ${explanation.job} lost its runner`
    case 'no-runner':
      return `: no runner took job ${explanation.job}`
    case 'deployment-rejected':
      return `: the deployment of job ${explanation.job} was rejected`
    case 'unexplained':
      return `${hadJobs ? '' : ' before any of its jobs began'}, and GitHub does not say why`
  }
}

/** What an environment waits for, after `waits for`. */
export function describeEnvironmentWait(on: EnvironmentWait | null): string {
  if (on === null) return "an environment's rules on GitHub"
  const what = { reviewers: 'an approval', timer: 'the wait timer', rule: 'a deployment rule' }[on.kind]
  return `${what}${describeEnvironments(' of ', on.environments)} on GitHub`
}

/** ` for environment production` */
export function describeEnvironments(preposition: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${preposition}environment${names.length > 1 ? 's' : ''} ${names.join(', ')}`
}
