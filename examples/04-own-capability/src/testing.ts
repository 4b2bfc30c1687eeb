export { FakeTides } from './fake-tides.js';
export { describeTidesContract, type OpenTides, type TidesContractOptions } from './tides-contract.js';
