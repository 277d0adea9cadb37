// Repositories that each have an installation of their own, and what GitHub does to the requests of each.
import type { ChooseFault, Fault } from '../../fake-github/faults.ts'
import { ACME, type Organization } from '../../fake-github/organization.ts'

/** `r1`, `r2` …, each with its own installation. */
export function organizationOf(installations: number): Organization {
  const repositories = Array.from({ length: installations }, (_, index) => {
    return { name: `r${index + 1}`, installationId: 900_001 + index }
  })
  return { ...ACME, repositories }
}

/** Chooses the fault by the repository that a request is about, a query's included. */
export function faultsByRepository(faultOf: (repository: string) => Fault | null): ChooseFault {
  return ({ repository, body }) => {
    const variables = (body as { variables?: { owner?: string; name?: string } } | null)?.variables
    return faultOf(repository ?? (variables?.name ? `${variables.owner}/${variables.name}` : ''))
  }
}
