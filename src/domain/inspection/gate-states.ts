export const gateStates = ['met', 'not-met', 'undecided', 'missing'] as const;
export type GateState = (typeof gateStates)[number];
