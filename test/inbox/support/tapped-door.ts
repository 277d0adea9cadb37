import type { ApplyRequest } from '../../../src/apply/apply-request.ts'
import type { Door } from '../../../src/apply/door.ts'
import { openTestDoor } from '../../apply/support/arrivals.ts'
import { openTestDatabase } from '../../support/database.ts'

/** The real door, and the requests that it received. */
export type TappedDoor = Door & {
  readonly arrivals: ApplyRequest[]
  /** The error that the next `apply` throws. */
  failNextWith(error: Error): void
}

export async function openTappedDoor(): Promise<TappedDoor> {
  const database = await openTestDatabase()
  const door = openTestDoor(database)
  const arrivals: ApplyRequest[] = []
  let failure: Error | null = null
  return {
    ...door,
    arrivals,
    failNextWith(error) {
      failure = error
    },
    async apply(request) {
      const thrown = failure
      failure = null
      if (thrown !== null) throw thrown
      arrivals.push(request)
      return await door.apply(request)
    },
    async close() {
      await door.close()
      await database.close()
    },
  }
}
