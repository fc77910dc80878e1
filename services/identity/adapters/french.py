"""The words that the most used French passwords are made of, without accents, digits or signs.

With digits or a sign at either end they are no better: « Motdepasse2026! » is refused like « motdepasse ».
"""

from __future__ import annotations

_WORDS = """
azerty azertyuiop azertyuiopqsdfghjklm azertyuiopqsdfghjklmwxcvbn azertyui azertyqwerty qwertyazerty qsdfghjklm
wxcvbn aqwzsx aqwzsxedc azeqsd azeqsdwxc aqwxsz qwerty qwertz qwertyuiop asdfghjkl
motdepasse monmotdepasse lemotdepasse unmotdepasse motdepass mdp monmdp motsecret passe passw password
bonjour bonsoir bonjoursalut salut coucou bienvenue merci
soleil marseille olympiquemarseille olympique allezlom allezlesbleus paris parispsg
parissaintgermain psg france vivelafrance lyon bordeaux toulouse nantes lille strasbourg saintetienne bretagne
corse guadeloupe martinique reunion
doudou loulou louloute chouchou choupette choupinette nounours poupette titoune minette minou
chaton chocolat nutella caramel vanille fraise coccinelle papillon licorne princesse
jetaime jetaimemoncoeur jetadore jevousaime moncoeur monamour amour amouramour toujours
pourtoujours bisous bisoubisou cherie moncheri
maman mamanpapa papamaman mamanjetaime papajetaime mafamille famille mesenfants monbebe bebe lafamille
nicolas alexandre thomas julien camille pauline marine laura celine sandrine isabelle nathalie caroline
jeanpierre mariepierre christophe sebastien frederic stephanie valerie sylvie
cestmoi secret topsecret entrer ouvretoi sesame sesameouvretoi administrateur admin administration utilisateur
connexion identifiant compte moncompte internet ordinateur portable telephone orange wanadoo
liberte egalite fraternite liberteegalitefraternite vacances football rugby chevalier
guichet monguichet guichetenligne departement monconseildepartemental conseildepartemental mairie impots
"""

MOST_USED = frozenset(_WORDS.split())
