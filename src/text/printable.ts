/** Text from GitHub may contain escape sequences that a terminal would execute. */
export function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '�')
}
