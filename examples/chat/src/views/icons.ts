// Icons, drawn with the colour of the text beside them.

import { svg, type SVGTemplateResult } from 'lit';

const icon = (paths: SVGTemplateResult): SVGTemplateResult => svg`
  <svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;

export const icons = {
  search: icon(svg`<circle cx="9" cy="9" r="5.2" /><path d="m13 13 4 4" />`),
  send: icon(svg`<path d="M3.5 10 16.5 4l-4 12.5-3-5.5-6-1Zm6 1 3-3" />`),
  menu: icon(svg`<path d="M3.5 6h13M3.5 10h13M3.5 14h13" />`),
  close: icon(svg`<path d="m5 5 10 10M15 5 5 15" />`),
  sql: icon(svg`<ellipse cx="10" cy="5" rx="6" ry="2.3" /><path d="M4 5v10c0 1.3 2.7 2.3 6 2.300s6-1 6-2.300V5M4 10c0 1.3 2.7 2.3 6 2.300s6-1 6-2.3" />`),
  tab: icon(svg`<path d="M11 4h5v5M16 4l-7 7M8 5H5a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-3" />`),
  down: icon(svg`<path d="M10 4v12m-5-5 5 5 5-5" />`),
  wave: svg`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2"
    stroke-linecap="round" aria-hidden="true"><path d="M2 8c2.7 0 2.7 2.2 5.3 2.200S10 8 12.7 8s2.7 2.2 5.3 2.200M2 13c2.7 0 2.7 2.2 5.3 2.200S10 13 12.7 13s2.7 2.2 5.3 2.2" /></svg>`,
};
