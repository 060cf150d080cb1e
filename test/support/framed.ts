/** A campaign and a county as the frame of a page needs them, from a summary or by hand. */
interface Named {
  readonly campaign: {
    readonly id: string;
    readonly name: string;
    readonly commissioner: string;
    readonly selfAdministered: boolean;
  };
  readonly county: { readonly code: string; readonly name: string };
}

export function framed(s: Named) {
  const county = { ...s.county, frameState: 'drawn' as const, frame: null };
  return {
    county,
    campaign: {
      id: s.campaign.id,
      name: s.campaign.name,
      commissioner: s.campaign.commissioner,
      selfAdministered: s.campaign.selfAdministered,
      demo: false,
      state: 'released' as const,
      openedAt: null,
      closesAt: 0,
      counties: [county],
    },
  };
}
