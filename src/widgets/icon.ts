import { LabIcon } from '@jupyterlab/ui-components';

/** Three bars of a shared node, one of them granted. */
export const resourcesIcon = new LabIcon({
  name: 'jupyterlab-cellgrant:resources',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16">
  <g class="jp-icon3" fill="#616161">
    <path d="M1.5 2.5h13v3h-13zm1 1v1h4v-1z" fill-rule="evenodd"/>
    <path d="M1.5 6.5h13v3h-13zm1 1v1h8v-1z" fill-rule="evenodd"/>
    <path d="M1.5 10.5h13v3h-13zm1 1v1h2v-1z" fill-rule="evenodd"/>
  </g>
</svg>`
});
