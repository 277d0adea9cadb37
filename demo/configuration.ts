// The Andon files of the two repositories: their andon.yml, and the workflows of docs/workflows.
import type { FakeGitHub } from '../fake-github/fake-github.ts'
import { readWorkflow, WORKFLOWS } from './workflows.ts'

/** The repository whose maintainer approves plans before coding. */
export const GATED_REPOSITORY = 'acme/api'

/** A maintainer pushes the files; from the next issue on Andon starts the stages itself. */
export function pushConfiguration(github: FakeGitHub): void {
  for (const repository of github.repositories) {
    for (const file of WORKFLOWS) github.writeFile(repository, `.github/workflows/${file}`, readWorkflow(file), 'ada')
    const gate = repository === GATED_REPOSITORY ? ', gate: approval' : ''
    github.writeFile(repository, '.github/andon.yml', andonYml(gate), 'ada')
  }
}

// Silence is short here, because a demo does not last half an hour.
function andonYml(gate: string): string {
  return `start: { label: andon }
stages:
  plan:   { workflow: plan.yml, timeout: 1m, attempts: 3${gate} }
  code:   { workflow: code.yml, timeout: 1m, limit: 15m, attempts: 3 }
  test:   { workflow: test.yml, timeout: 2m, attempts: 2 }
  review: { pull_request: true }
rework: 2
limits: { running: 3, starts_per_day: 1000 }
`
}
