// What events say about the breakers of a repository: an agent reports that it is limited, a person resumes. Attempts are
// looked at by admission, which alone starts them (apply/breakers.ts).
import { mayUseCommand } from '../commands/commands.ts'
import type { AuthorizedCommands } from '../pipeline/commands/authorized-commands.ts'
import type { Breaker } from '../pipeline/model/breaker.ts'
import type { RepositoryEvent } from '../pipeline/model/events.ts'
import { findAttemptByKey } from '../pipeline/stages/attempts.ts'
import { breakerOf, withRelease, withReportedLimit } from '../pipeline/stages/breaker.ts'
import type { RepositoryRow } from './rows.ts'
import type { World } from './world.ts'

/** The row once the agent's workflow is held, if the event says until when the agent is limited. */
export function withLimitOf(world: World, row: RepositoryRow, event: RepositoryEvent): RepositoryRow {
  if (event.type !== 'attempt.reported' || event.limitedUntil === undefined) return row
  const { issueNumber, key, limitedUntil: until, at } = event
  const pipeline = world.pipeline({ repositoryId: row.id, issueNumber })?.pipeline
  const stage = pipeline && findAttemptByKey(pipeline, key)?.stage.name
  const workflow = pipeline?.line.stages.find(({ name }) => name === stage)?.workflow ?? null
  if (workflow === null) return row
  const stored = breakerOf(row.breakers, workflow)
  return withBreaker(row, workflow, withReportedLimit(stored, { until, issueNumber, at }))
}

/** The row once a person has resumed the repository: nothing that was known of its workflows holds them any more. */
export function withReleasedBreakers(row: RepositoryRow, given: AuthorizedCommands): RepositoryRow {
  const isResume = given.commands.some((one) => one.verb === 'resume' && one.scope.kind === 'repository')
  if (!isResume || !mayUseCommand(given.role, 'resume')) return row
  return Object.entries(row.breakers).reduce<RepositoryRow>(
    (released, [workflow, breaker]) => withBreaker(released, workflow, withRelease(breaker, given.at)),
    row,
  )
}

function withBreaker(row: RepositoryRow, workflow: string, breaker: Breaker): RepositoryRow {
  return { ...row, breakers: { ...row.breakers, [workflow]: breaker } }
}
