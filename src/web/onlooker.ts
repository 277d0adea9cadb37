import { createHash } from 'node:crypto'
import type { HealthReader } from './operators.ts'
import type { Reader } from './reader.ts'

/** Who looks. Everything they are shown is read through their reader, which knows what they may see. */
export type Onlooker = {
  /** Distinguishes streams: equal for requests with the same credential. */
  readonly key: string
  /** Null where access is open, and nobody is asked who they are. */
  readonly user: SignedInUser | null
  readonly reader: Reader
  /** Null for everyone but operators: who has no reader of the health cannot be shown it by mistake. */
  readonly health: HealthReader | null
}

export type SignedInUser = {
  readonly id: number
  readonly login: string
  readonly isOperator: boolean
  /** Of the session or API token. */
  readonly credentialHash: string
  /** What the forms on this user's pages carry. */
  readonly formToken: string
}

/** Names whom a page was made for, to their own browser alone; it says nothing about their credential. */
export function viewerKeyOf({ key }: Onlooker): string {
  return createHash('sha256').update(`viewer ${key}`).digest('base64url').slice(0, 16)
}
