import type { Database } from '../store/database.ts'
import { loadSweepReports } from '../store/sweep-report.ts'

/** What is wrong with the sweep, a sentence each; none names a repository. That nothing was missing is no sentence. */
export async function listSweepProblems(database: Database): Promise<readonly string[]> {
  const reports = await loadSweepReports(database)
  return reports.flatMap(({ failing, cutOff, missed }) => {
    const lost = missed.reduce((sum, batch) => sum + batch.lost, 0)
    return [
      ...(failing === null
        ? []
        : [
            `GitHub's log of deliveries cannot be read since ${failing.since}, so nobody knows what is missing: ${failing.words}`,
          ]),
      ...(cutOff === null || cutOff.reconciledAt !== null
        ? []
        : [`GitHub kept no log of what it sent from ${cutOff.from ?? 'an unknown time'} to ${cutOff.until}`]),
      ...(lost === 0 ? [] : [`${lost} missing ${lost === 1 ? 'delivery' : 'deliveries'} could not be fetched`]),
    ]
  })
}
