import type { EventOf } from '../pipeline/model/events.ts'
import type { IssueFact } from '../pipeline/model/facts.ts'
import type { ReadReceipt } from '../translate/fields.ts'
import type { LabelingRead } from '../translate/labeled-issues.ts'

/** A repository as the tables of what is read have it. */
type ReadRepository = Omit<EventOf<'issue.labeled'>['repository'], 'id'>

/** The label, as the delivery would have told of it that never came. */
export function labelingEvent(
  { fullName, private: isPrivate, defaultBranch, installationId }: ReadRepository,
  id: number,
  o: {
    readonly issue: IssueFact
    readonly label: string
    readonly labeling: LabelingRead
    readonly evidence: ReadReceipt
  },
): EventOf<'issue.labeled'> {
  const { issue, label, evidence } = o
  const { by, at } = o.labeling
  return {
    ...{ type: 'issue.labeled', at, evidence, issue, label, sender: by.login },
    repository: { id, fullName, private: isPrivate, defaultBranch, installationId },
    ...(by.type === 'Bot' && { bot: true }),
  }
}
