-- statement: login_probe
-- Does:       nothing, under our login: shows whether the practice still lets us in.
-- Parameters: none
-- Returns:    one row: Alive = 1.
-- Evidence:   public (Halo: a practice that un-ticks an integration takes its database login away).
SELECT 1 AS Alive;
