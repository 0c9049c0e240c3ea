/** What a visitor can mend; its message completes a sentence for them. */
export class Mistake extends Error {}
